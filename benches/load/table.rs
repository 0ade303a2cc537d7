//! What was measured: figure, goal, and how they compare.

use std::time::Duration;

use serde_json::{Value, json};

/// One line.
struct Line {
    scenario: String,
    figure: String,
    goal: String,
    met: Option<bool>,
}

/// All lines.
#[derive(Default)]
pub struct Table(Vec<Line>);

impl Table {
    fn add(&mut self, scenario: &str, figure: String, goal: String, met: Option<bool>) {
        eprintln!("{scenario}: {figure} (goal {goal})");
        self.0.push(Line { scenario: scenario.to_owned(), figure, goal, met });
    }

    /// A time with the longest that is wanted.
    pub fn time(&mut self, scenario: &str, took: Duration, goal: f64) {
        let seconds = took.as_secs_f64();
        self.add(scenario, format!("{seconds:.2} s"), format!("≤ {} s", (goal * 10.0).round() / 10.0), Some(seconds <= goal));
    }

    /// A short time.
    pub fn milliseconds(&mut self, scenario: &str, took: Duration, goal: f64) {
        let taken = took.as_secs_f64() * 1000.0;
        self.add(scenario, format!("{taken:.1} ms"), format!("≤ {goal} ms"), Some(taken <= goal));
    }

    /// Memory in MiB.
    pub fn memory(&mut self, scenario: &str, mebibytes: f64, goal: f64) {
        self.add(scenario, format!("{mebibytes:.0} MB"), format!("≤ {goal} MB"), Some(mebibytes <= goal));
    }

    /// A ratio with the least that is wanted.
    pub fn at_least(&mut self, scenario: &str, ratio: f64, goal: f64) {
        self.add(scenario, format!("{ratio:.2} ×"), format!("≥ {goal} ×"), Some(ratio >= goal));
    }

    /// A ratio with the most that is wanted.
    pub fn at_most(&mut self, scenario: &str, ratio: f64, goal: f64) {
        self.add(scenario, format!("{ratio:.2} ×"), format!("≤ {goal} ×"), Some(ratio <= goal));
    }

    /// Something to compare with.
    pub fn note(&mut self, scenario: &str, figure: String) {
        self.add(scenario, figure, "—".to_owned(), None);
    }

    /// Prints the table, and writes it to `target/bench/load.json`.
    pub fn print(&self) {
        println!("| scenario | figure | goal | |\n|---|---:|---:|---|");
        for Line { scenario, figure, goal, met } in &self.0 {
            let mark = met.map_or("", |met| if met { "met" } else { "**missed**" });
            println!("| {scenario} | {figure} | {goal} | {mark} |");
        }
        let lines: Vec<Value> = self
            .0
            .iter()
            .map(|line| json!({ "scenario": line.scenario, "figure": line.figure, "goal": line.goal, "met": line.met }))
            .collect();
        let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join("load.json"), serde_json::to_string_pretty(&lines).unwrap()).unwrap();
    }
}
