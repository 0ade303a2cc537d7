//! Settings: each a flag and a variable, documented by `--help`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// Where the database is.
#[derive(Debug, Clone, Args)]
pub struct DatabaseSettings {
    /// The database the service runs on, as role bangfu_service. Without it, a private cluster in --data-dir is used.
    /// 数据库地址；不设则使用私有集群。
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// The same database as its owner: for migrations and `bangfu user`. Defaults to DATABASE_URL. 属主地址，用于迁移和用户管理。
    #[arg(long, env = "BANGFU_OWNER_DATABASE_URL", hide_env_values = true)]
    pub owner_database_url: Option<String>,

    /// Where the private cluster keeps its files. 私有集群的数据目录。
    #[arg(long, env = "BANGFU_DATA_DIR", default_value = "./data/postgres")]
    pub data_dir: PathBuf,

    /// Database connections at most. 数据库连接数上限。
    #[arg(long, env = "BANGFU_POOL_SIZE", default_value_t = 16)]
    pub pool_size: usize,

    /// Seconds a request waits for a connection before it is answered 503. 等待连接的秒数。
    #[arg(long, env = "BANGFU_POOL_WAIT_SECONDS", default_value_t = 10)]
    pub pool_wait_seconds: u64,
}

/// Where the keys of personal data are. The content of a key file may stand in the variable BANGFU_KEYS instead.
#[derive(Debug, Clone, Default, Args)]
pub struct KeySettings {
    /// The file with the keys that personal data is encrypted with. With the private cluster it is made at the first start,
    /// beside the data directory; with DATABASE_URL it has to be given. 个人信息密钥文件。
    #[arg(long, env = "BANGFU_KEY_FILE")]
    pub key_file: Option<PathBuf>,
}

/// How the service listens.
#[derive(Debug, Clone, Args)]
pub struct ListenSettings {
    /// Address and port to listen on; port 0 takes a free one. 监听地址。
    #[arg(long, env = "BANGFU_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Worker threads. 工作线程数。
    #[arg(long, env = "BANGFU_WORKERS", default_value_t = 2)]
    pub workers: usize,

    /// Bytes a request body may have. 请求体大小上限（字节）。
    #[arg(long, env = "BANGFU_BODY_LIMIT", default_value_t = 16 * 1024 * 1024)]
    pub body_limit: usize,

    /// Bytes a file that is handed in may have. 上传文件大小上限（字节）。
    #[arg(long, env = "BANGFU_FILE_LIMIT", default_value_t = 64 * 1024 * 1024)]
    pub file_limit: usize,

    /// Jobs that are done at the same time. 同时执行的后台任务数。
    #[arg(long, env = "BANGFU_JOB_WORKERS", default_value_t = 2)]
    pub job_workers: usize,

    /// Seconds running requests may take after SIGTERM. 收到 SIGTERM 后等待请求结束的秒数。
    #[arg(long, env = "BANGFU_SHUTDOWN_SECONDS", default_value_t = 30)]
    pub shutdown_seconds: u64,

    /// The first administrator's token, looked at when there is no user yet: bangfu_, 32 zeros, _ and 64 hexadecimal digits.
    /// Without it one is made, printed once, and kept as a hash. 首位管理员的令牌。
    #[arg(long, env = "BANGFU_TOKEN", hide_env_values = true)]
    pub token: Option<String>,

    /// Let session cookies go without TLS: for a service reached by http alone. 允许会话 Cookie 不经 TLS。
    #[arg(long, env = "BANGFU_PLAIN_COOKIES")]
    pub plain_cookies: bool,
}

/// How checkpoints are signed and kept.
#[derive(Debug, Clone, Args)]
pub struct SealSettings {
    /// The private key checkpoints are signed with. Made at the first start; signing.key beside --data-dir when not named. 检查点签名私钥文件。
    #[arg(long, env = "BANGFU_SIGNING_KEY_FILE")]
    pub signing_key: Option<PathBuf>,

    /// Where each checkpoint is also written, outside the database; checkpoints/ beside --data-dir when not named. 检查点另存目录。
    #[arg(long, env = "BANGFU_CHECKPOINT_DIR")]
    pub checkpoint_dir: Option<PathBuf>,

    /// Seconds between two rounds of sealing. 封存间隔（秒）。
    #[arg(long, env = "BANGFU_SEAL_SECONDS", default_value_t = 5)]
    pub seal_seconds: u64,
}
