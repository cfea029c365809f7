//! How often callers may ask of the API, as the command line says it.

use api::RateLimits;

/// Ten thousand a second: more than a product's back end sends in earnest, less than one that runs away on several
/// machines. What customers may do is limited by the catalog, and by their own keys.
const ADMIN_REQUESTS_PER_MINUTE: u32 = 600_000;

/// How often callers may ask
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Rates {
    /// Requests that each admin key may send in a minute; 0 for as many as it likes
    #[arg(
        long,
        value_name = "COUNT",
        env = "TOLLGATE_ADMIN_REQUESTS_PER_MINUTE",
        default_value_t = ADMIN_REQUESTS_PER_MINUTE
    )]
    admin_requests_per_minute: u32,
}

impl Rates {
    /// The rate limits of a process, with all buckets full.
    #[must_use]
    pub fn limits(self) -> RateLimits {
        RateLimits::new(self.admin_requests_per_minute)
    }
}
