//! When personal data may be seen, and what keeps it.

use super::model::KeptBy;
use crate::kernel::FieldError;

/// The faults of a request to see fields: no reason, or no field.
pub(super) fn reveal_faults<F>(reason: &str, fields: &[F]) -> Vec<FieldError> {
    let none = fields.is_empty().then(|| FieldError::new("/fields", "fields_missing", "请指明要查看的字段", "name the fields to be seen"));
    blank_reason(reason).into_iter().chain(none).collect()
}

/// A fault when no reason is given.
pub(super) fn blank_reason(reason: &str) -> Option<FieldError> {
    reason.trim().is_empty().then(|| FieldError::new("/reason", "blank", "不能为空", "must not be blank"))
}

/// What is known of a person that may keep it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ties {
    pub(super) approved: bool,
    pub(super) pending: bool,
    pub(super) reported: bool,
    pub(super) open_dossier: bool,
}

/// What keeps a person, in a fixed order.
pub(super) fn kept_by(ties: Ties) -> Vec<KeptBy> {
    let all = [
        (ties.approved, KeptBy::Payment),
        (ties.reported, KeptBy::Feedback),
        (ties.pending, KeptBy::PendingRoster),
        (ties.open_dossier, KeptBy::OpenDossier),
    ];
    all.into_iter().filter(|(tied, _)| *tied).map(|(_, kept)| kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_a_person_is_named_all_at_once() {
        assert!(kept_by(Ties::default()).is_empty());
        let ties = Ties { approved: true, open_dossier: true, ..Ties::default() };
        assert_eq!(kept_by(ties), [KeptBy::Payment, KeptBy::OpenDossier]);
        let ties = Ties { pending: true, reported: true, ..Ties::default() };
        assert_eq!(kept_by(ties), [KeptBy::Feedback, KeptBy::PendingRoster]);
    }

    #[test]
    fn who_wants_to_see_says_why_and_what() {
        let codes = |reason: &str, fields: &[u8]| reveal_faults(reason, fields).into_iter().map(|fault| fault.pointer).collect::<Vec<_>>();
        assert_eq!(codes(" ", &[]), ["/reason", "/fields"]);
        assert!(codes("核对", &[1]).is_empty());
    }
}
