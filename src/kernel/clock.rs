//! The clock that services are given, so that tests decide what day it is.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

/// Where the time comes from.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// One moment, for tests.
    Fixed(DateTime<Utc>),
}

impl Clock {
    /// The moment, in UTC: when something was recorded.
    #[must_use]
    pub fn now(self) -> DateTime<Utc> {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
            Self::System => Utc::now(),
            Self::Fixed(moment) => moment,
        }
    }

    /// The business date in China (UTC+8, without daylight saving): what "today" means to a caseworker.
    #[must_use]
    pub fn today(self) -> NaiveDate {
        FixedOffset::east_opt(8 * 3600).map_or_else(|| self.now().date_naive(), |china| self.now().with_timezone(&china).date_naive())
    }
}
