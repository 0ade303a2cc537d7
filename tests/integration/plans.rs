//! Plans: quotes, who is in and who is out, standards, funding, rosters and their approval, claims.

mod approval;
mod claims;
mod eligibility;
mod funding;
mod monthly;
mod quote;
mod rosters;
mod standards;
mod tiers;
