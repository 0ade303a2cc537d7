//! Reports: every account, the identity and its difference, as of a day.

use bangfu::ledger::{Account, EntryKind};
use serde_json::{Value, json};

use super::{NOTHING, book, case, pay};
use crate::support::ledger::yuan;
use crate::support::registry::with;
use crate::support::{Aid, TestApp, run, run_books};

const ACCOUNTS: [&str; 13] = [
    "granted",
    "top_up",
    "available",
    "committed",
    "in_transit",
    "disbursed",
    "transferred_down",
    "bounced",
    "recoverable",
    "returned",
    "carried_over",
    "reclaimed",
    "topped_up_elsewhere",
];

/// A report in which every account and the identity's difference are shown, and the identity holds when it is added up here.
async fn report(app: &TestApp, path: &str) -> Value {
    let report = app.get(&format!("/v1/reconciliation/{path}")).await.expect(200).body;
    let lines = report["lines"].as_array().unwrap();
    let sources = lines.iter().flat_map(|line| line["by_source"].as_array().unwrap());
    for figures in lines.iter().chain(sources).chain([&report]) {
        let amounts = ACCOUNTS.map(|account| yuan(figures[account].as_str().unwrap()));
        let came = amounts[0] + amounts[1];
        assert_eq!((came, &figures["identity_difference"]), (amounts[2..].iter().sum(), &json!("0.00")), "{figures}");
    }
    report
}

fn shows(figures: &Value, expected: &[(&str, &str)]) {
    for (field, value) in expected {
        assert_eq!(figures[field], *value, "{field} of {figures}");
    }
}

#[test]
fn the_provincial_appropriation_comes_out_to_the_fen() {
    run_books(async |app| {
        let case = case(app).await;
        let path = format!("appropriations/{}", case.provincial.id);
        let at_year_end = report(app, &format!("{path}?as_of=2022-12-31")).await;
        shows(&at_year_end, &[("granted", "1315360.00"), ("top_up", "76.00"), ("disbursed", "639436.00"), ("as_of", "2022-12-31")]);
        shows(&at_year_end["lines"][1], &[("disbursed", "0.00"), ("not_disbursed", "376000.00"), ("execution_rate", "0.00")]);
        let paid = report(app, &format!("{path}?as_of=2023-02-28")).await;
        shows(&paid, &[("granted", "1315360.00"), ("top_up", "116.00"), ("disbursed", "1015476.00"), ("transferred_down", "300000.00")]);
        shows(&paid, &[("not_disbursed", "0.00"), ("available", "0.00"), ("scope", "appropriation"), ("arrived", "0.00")]);
        shows(&paid["lines"][0], &[("disbursed", "266436.00"), ("top_up", "76.00"), ("execution_rate", "100.00")]);
        shows(&paid["lines"][1], &[("disbursed", "376040.00"), ("not_disbursed", "0.00")]);
        shows(&paid["lines"][2], &[("disbursed", "373000.00"), ("transferred_down", "300000.00"), ("execution_rate", "55.42")]);
        // Every yuan keeps its source.
        let sources = paid["lines"][0]["by_source"].as_array().unwrap();
        let own = sources.iter().find(|source| source["level"] == "union_own").unwrap();
        shows(own, &[("top_up", "76.00"), ("disbursed", "76.00"), ("granted", "0.00")]);
        let line = case.provincial.lines[0].as_str();
        let links = &paid["lines"][0]["links"];
        assert_eq!(links["postings"], format!("/v1/postings?allocation_line_id={line}"));
        let postings = app.get(links["postings"].as_str().unwrap()).await.expect(200);
        assert_eq!(postings.body["totals"]["count"], 8);
        app.get(links["line"].as_str().unwrap()).await.expect(200);
    });
}

#[test]
fn a_report_knows_nothing_dated_after_its_day() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000"), ("乙", "500")]).await;
        let id = &grant.lines[0];
        let addition = json!({"kind": "addition", "amount": "200", "document_id": grant.document, "effective_on": "2022-06-30"});
        app.post(&format!("/v1/allocation-lines/{id}/changes"), &addition).await.expect(201);
        app.arrival(id, "300").await;
        let path = format!("appropriations/{}", grant.id);
        for (day, granted, arrived) in [
            ("2022-01-09", "0.00", "0.00"),
            ("2022-01-10", "1500.00", "0.00"),
            ("2022-01-31", "1500.00", "0.00"),
            ("2022-02-01", "1500.00", "300.00"),
            ("2022-06-29", "1500.00", "300.00"),
            ("2022-06-30", "1700.00", "300.00"),
        ] {
            let report = report(app, &format!("{path}?as_of={day}")).await;
            shows(&report, &[("granted", granted), ("available", granted), ("arrived", arrived), ("as_of", day)]);
        }
        // A line before its grant is shown with zeros, and has no rate rather than a wrong one.
        let before = report(app, &format!("{path}?as_of=2022-01-09")).await;
        assert_eq!((before["lines"].as_array().unwrap().len(), &before["execution_rate"]), (2, &Value::Null));
        let today = report(app, &path).await;
        shows(&today, &[("as_of", "2023-03-15"), ("granted", "1700.00")]);
        // An addition booked later but dated earlier changes what that day says, and the log number tells.
        app.post(&format!("/v1/allocation-lines/{id}/changes"), &with(addition, json!({"effective_on": "2022-02-01"}))).await.expect(201);
        let since = report(app, &format!("{path}?as_of=2022-02-01")).await;
        shows(&since, &[("granted", "1700.00")]);
        assert!(since["log_number"].as_i64() > today["log_number"].as_i64());
    });
}

#[test]
fn a_report_is_made_by_year_source_organisation_and_line() {
    run_books(async |app| {
        let case = case(app).await;
        let new = with(app.new_appropriation(&case.provincial.source, &[("次年", "50")]).await, json!({"fiscal_year": 2023}));
        let next_year = app.appropriate(&new).await;
        let year = report(app, "fiscal-years/2022").await;
        shows(&year, &[("granted", "1316360.00"), ("top_up", "116.00"), ("topped_up_elsewhere", "116.00"), ("available", "884.00")]);
        assert_eq!((&year["fiscal_year"], year["lines"].as_array().unwrap().len()), (&json!(2022), 4));
        // A source's money is followed wherever it is, and nobody else's with it.
        let own = report(app, &format!("fund-sources/{}", case.own.source)).await;
        shows(&own, &[("granted", "1000.00"), ("top_up", "116.00"), ("disbursed", "116.00"), ("topped_up_elsewhere", "116.00")]);
        assert_eq!(own["lines"].as_array().unwrap().len(), 3);
        let provincial = report(app, &format!("fund-sources/{}", case.provincial.source)).await;
        shows(&provincial, &[("granted", "1315410.00"), ("top_up", "0.00"), ("disbursed", "1015360.00")]);
        assert_eq!(provincial["fiscal_year"], Value::Null, "two years together are none");
        let organisation = report(app, &format!("organisations/{}", next_year.organisation)).await;
        shows(&organisation, &[("granted", "50.00"), ("scope", "organisation")]);
        let line = report(app, &format!("allocation-lines/{}?as_of=2022-12-31", case.provincial.lines[1])).await;
        shows(&line, &[("granted", "376000.00"), ("not_disbursed", "376000.00"), ("name", "元旦春节送温暖")]);
    });
}

#[test]
fn money_that_came_for_a_line_counts_as_arrived_for_its_own_source_only() {
    run_books(async |app| {
        let case = case(app).await;
        app.arrival(&case.provincial.lines[0], "266360").await;
        let own = report(app, &format!("fund-sources/{}", case.own.source)).await;
        shows(&own, &[("arrived", "0.00")]);
        let provincial = report(app, &format!("fund-sources/{}", case.provincial.source)).await;
        shows(&provincial, &[("arrived", "266360.00")]);
    });
}

#[test]
fn a_scope_that_matches_nothing_is_not_found_and_never_zero() {
    run(async |app| {
        let other = TestApp::new().await;
        let theirs = other.appropriation(&[("甲", "1000")]).await;
        let empty_source = app.fund_source("city").await;
        let empty_union = app.organisation("city_union", "没有资金的工会").await;
        for path in [
            format!("appropriations/{NOTHING}"),
            format!("appropriations/{}", theirs.id),
            format!("allocation-lines/{}", theirs.lines[0]),
            format!("fund-sources/{}", theirs.source),
            format!("organisations/{}", theirs.organisation),
            format!("fund-sources/{empty_source}"),
            format!("organisations/{empty_union}"),
            "fiscal-years/2022".to_owned(),
            format!("payments/{NOTHING}"),
        ] {
            app.get(&format!("/v1/reconciliation/{path}")).await.refused(404, "not_found");
        }
        other.finish().await;
    });
}

#[test]
fn a_day_or_parameter_that_cannot_be_read_is_refused() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        for query in ["as_of=2022-02-30", "as_of=yesterday", "as_of=", "on=2022-12-31", "as_of=2022-12-31&limit=1"] {
            let reply = app.get(&format!("/v1/reconciliation/appropriations/{}?{query}", grant.id)).await;
            assert_eq!(reply.status, 400, "{query}: {}", reply.text);
        }
        for path in ["appropriations/1", "fiscal-years/next", "fiscal-years/99999"] {
            let reply = app.get(&format!("/v1/reconciliation/{path}")).await;
            assert!([400, 404].contains(&reply.status), "{path}: {}", reply.text);
            assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        }
    });
}

#[test]
fn a_payment_that_bounced_on_the_day_it_settled_reached_nobody() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("100").await;
        let people = aid.persons(2).await;
        let plan = aid.sent(&aid.paying(&line, &[(&people[0], "10"), (&people[1], "20")])).await;
        let instructions = aid.instructions(&plan).await;
        for (instruction, outcome) in [(0, "settled"), (1, "settled"), (1, "bounced")] {
            aid.answered(&instructions[instruction], outcome, "2022-09-20").await;
        }
        let report = report(app, &format!("allocation-lines/{line}")).await;
        assert_eq!((&report["persons"], &report["person_times"]), (&json!(1), &json!(1)), "{report}");
    });
}

#[test]
fn a_bounce_and_a_recovery_are_no_longer_disbursed() {
    run_books(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let (line, source) = (grant.lines[0].as_str(), grant.source.as_str());
        pay(app, line, source, Account::Disbursed, "900", "2022-03-01").await;
        book(app, EntryKind::Bounce, "2022-03-05", &[(line, source, Account::Disbursed, Account::Bounced, "100")]).await;
        book(app, EntryKind::RecoverDue, "2022-04-01", &[(line, source, Account::Disbursed, Account::Recoverable, "50")]).await;
        let path = format!("allocation-lines/{line}");
        shows(&report(app, &format!("{path}?as_of=2022-03-04")).await, &[("disbursed", "900.00"), ("not_disbursed", "100.00")]);
        let now = report(app, &path).await;
        shows(&now, &[("disbursed", "750.00"), ("bounced", "100.00"), ("recoverable", "50.00"), ("not_disbursed", "200.00")]);
    });
}

#[test]
fn a_count_of_nobody_is_shown_as_such() {
    run(async |app| {
        let grant = app.appropriation(&[("甲", "1000")]).await;
        let report = report(app, &format!("appropriations/{}", grant.id)).await;
        for count in ["households", "persons", "person_times"] {
            assert_eq!(report[count], 0, "{count}");
        }
    });
}
