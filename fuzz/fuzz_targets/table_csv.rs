//! Whatever is taken for a CSV file.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bangfu_fuzz::table(bytes));
