//! What the tests stand on.
//!
//! [`run`] gives a test its own federation on the one service of this process and checks the books when it ends.
//! [`World::scratch`](world::World::scratch) gives a test a whole database, where one federation is not enough.

pub mod aid;
pub mod app;
pub mod chain;
pub mod files;
pub mod funds;
pub mod jobs;
pub mod ledger;
pub mod organisations;
pub mod registry;
pub mod source;
pub mod sql;
pub mod statements;
pub mod users;
pub mod world;

pub use aid::Aid;
pub use app::{Reply, TestApp};
pub use world::world;

/// Runs a test in a federation of its own, and then checks the books.
pub fn run(test: impl AsyncFnOnce(&TestApp)) {
    world().block_on(async {
        let app = TestApp::new().await;
        test(&app).await;
        app.finish().await;
    });
}

/// As [`run`], for tests that book entries without the plans and payments behind them: only the books themselves are checked.
pub fn run_books(test: impl AsyncFnOnce(&TestApp)) {
    world().block_on(async {
        let app = TestApp::new().await;
        test(&app).await;
        app.finish_books().await;
    });
}
