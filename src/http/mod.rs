//! HTTP: how requests become calls of services and refusals become problems. No rule of the domain lives here.

mod access_page;
pub mod answer;
pub mod auth;
pub mod body;
pub mod call;
mod constraints;
pub mod error;
pub mod gather;
pub mod health;
pub mod limits;
pub mod metrics;
pub mod openapi;
pub mod problem;
mod routes;
pub mod span;

pub use access_page::access_page;
pub use answer::{Answer, Views, download};
pub use call::{
    Command, Edit, Empty, Export, LongCommand, OwnCommand, OwnExport, OwnReader, Question, Reader, ServiceCommand, Step, Upload,
};
pub use constraints::CONSTRAINTS;
pub use error::{ApiError, ApiResult};
pub use problem::{Problem, Refusals, language};
pub use routes::configure;
