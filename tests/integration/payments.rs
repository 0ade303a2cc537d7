//! Payments: instructions, evidence, cash, reissues, transfers down, returns, recoveries; races; any order of operations.

mod cash;
mod evidence;
mod files;
mod instructions;
mod jobs;
mod kept_files;
mod late_evidence;
mod model;
mod named_results;
mod orders;
mod races;
mod recoveries;
mod reissues;
mod returns;
mod together;
mod together_apart;
mod transfers;
