//! What this module refuses.

use crate::db::Constraint;
use crate::kernel::{Code, Status};

/// Somebody asked for it to be cancelled.
pub static JOB_CANCELLED: Code = Code::new("job_cancelled", Status::Conflict, "任务已取消", "The job was cancelled");
/// It has ended; there is nothing left to cancel.
pub static JOB_ENDED: Code = Code::new("job_ended", Status::Conflict, "任务已结束", "The job has ended");
/// A worker began it again and again, and never came to an end.
pub static JOB_GIVEN_UP: Code = Code::new(
    "job_given_up",
    Status::Internal,
    "任务多次未能完成，已放弃，未作任何改动",
    "The job was begun several times and never ended; nothing was changed",
);
/// A job acts with a token of its starter's, which is of their own federation.
pub static JOB_ELSEWHERE: Code =
    Code::new("job_elsewhere", Status::Forbidden, "任务只能在本人所属工会内发起", "Jobs are started only within one's own federation");

/// What came of it may be more than its starter may see now.
pub static JOB_FILE_WITHHELD: Code = Code::new(
    "job_file_withheld",
    Status::Forbidden,
    "任务发起后您的角色已被收回，其文件不再提供；请重新发起",
    "A role of yours was taken back since the job was started; its file is not handed out any more, start it anew",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&JOB_CANCELLED, &JOB_ELSEWHERE, &JOB_ENDED, &JOB_FILE_WITHHELD, &JOB_GIVEN_UP];

/// What this module's constraints mean: only the service and its workers write these tables.
pub static CONSTRAINTS: &[Constraint] = &[];
