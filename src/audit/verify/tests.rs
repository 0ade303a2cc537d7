//! A small export written by hand: one household and one union's recipient are paid, and a report is issued on it.

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::audit::export::{End, Entry, Outside, Sealed};
use crate::audit::note::NoteSigner;
use crate::audit::rows::{Kind, LeafHead, Row, leaf_of};
use crate::audit::tables::{self, CURRENT};
use crate::audit::tree::{self, Tiles, leaf_hash};

const FEDERATION: FederationId = FederationId(Uuid::from_u128(1));

fn id(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

/// A row whose other columns are null, or a dash where something is needed.
fn row(table: &str, columns: &[(&str, &str)]) -> Row {
    let table = tables::find(CURRENT, table).unwrap();
    assert!(columns.iter().all(|(name, _)| table.columns.iter().any(|(known, _)| known == name)), "{columns:?}");
    let text = |name: &str| columns.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
    Row(table.name.to_owned(), table.columns.iter().map(|(name, _)| text(name)).collect())
}

fn posting(entry: &str, position: usize, from: &str, to: &str, amount: &str, subject: Option<&str>) -> Row {
    let position = position.to_string();
    let mut columns = vec![
        ("journal_entry_id", entry),
        ("position", position.as_str()),
        ("allocation_line_id", LINE),
        ("fund_source_id", SOURCE),
        ("from_account", from),
        ("to_account", to),
        ("amount", amount),
    ];
    columns.extend(subject.map(|subject| ("subject_id", subject)));
    row("posting", &columns)
}

const LINE: &str = "00000000-0000-0000-0000-000000000010";
const SOURCE: &str = "00000000-0000-0000-0000-000000000011";
const APPROPRIATION: &str = "00000000-0000-0000-0000-000000000012";
const HOUSEHOLD_PAID: &str = "00000000-0000-0000-0000-000000000020";
const UNION_PAID: &str = "00000000-0000-0000-0000-000000000021";

#[derive(Clone)]
struct Export {
    entries: Vec<Entry>,
    lines: Vec<Line>,
    signer: NoteSigner,
}

impl Export {
    fn new() -> Self {
        Self { entries: Vec::new(), lines: Vec::new(), signer: NoteSigner::generate("bangfu") }
    }

    fn add(&mut self, kind: Kind, header: Row, rows: Vec<Row>) {
        let log_number = u64::try_from(self.entries.len()).unwrap() + 1;
        let mut entry = Entry { log_number, kind, edition: CURRENT, header, rows, masked: Vec::new(), sealed: None };
        entry.sealed = Some(seal(&entry));
        self.entries.push(entry);
    }

    fn journal(&mut self, kind: &str, on: &str, moves: &[(&str, &str, &str, Option<&str>)]) {
        let entry = id(1000 + u128::try_from(self.entries.len()).unwrap());
        let header =
            row("journal_entry", &[("id", &entry), ("kind", kind), ("reference", &format!("{kind}:{entry}")), ("effective_on", on)]);
        let moves = moves.iter().enumerate();
        let rows = moves.map(|(index, (from, to, amount, subject))| posting(&entry, index + 1, from, to, amount, *subject)).collect();
        self.add(Kind::JournalEntry, header, rows);
    }

    fn act(&mut self, rows: Vec<Row>) {
        let act = id(2000 + u128::try_from(self.entries.len()).unwrap());
        self.add(Kind::AuditEvent, row("audit_event", &[("id", &act), ("actor", "maker"), ("action", "test")]), rows);
    }

    fn note(&self, size: u64) -> String {
        let mut tiles = Tiles::default();
        for (index, entry) in (0..).zip(&self.entries) {
            tiles.append(index, entry.sealed.as_ref().unwrap().leaf).unwrap();
        }
        let checkpoint = Checkpoint { origin: crate::audit::note::origin(FEDERATION), size, root: tree::root(&tiles, size).unwrap() };
        checkpoint.sign(&self.signer)
    }

    fn size(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap()
    }

    fn text(&self) -> String {
        let mut lines = vec![Line::Header(Header { format: FORMAT.to_owned(), federation: FEDERATION })];
        lines.extend(self.entries.iter().cloned().map(Line::Entry));
        lines.extend(self.lines.iter().cloned());
        lines.push(Line::End(End { entries: self.size() }));
        lines.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect()
    }

    fn key(&self) -> Verifier {
        self.signer.named(&crate::audit::note::origin(FEDERATION)).verifier()
    }
}

fn seal(entry: &Entry) -> Sealed {
    let table = entry.header.table(CURRENT).unwrap();
    let header = entry.header.bytes(table, CURRENT);
    let mut rows = vec![leaf_hash(&header)];
    rows.extend(entry.rows.iter().map(|row| row.hash(row.table(CURRENT).unwrap(), CURRENT)));
    let head = LeafHead { federation: FEDERATION, log_number: entry.log_number, kind: entry.kind, header: &header };
    Sealed { leaf: leaf_of(head, &rows[1..]), rows }
}

fn order(number: &str, entry: &str, amount: &str) -> Vec<Row> {
    let columns = [("id", number), ("roster_entry_id", entry), ("batch_id", &id(40)), ("amount", amount)];
    vec![row("instruction", &columns), event(number, 1, "released", "2022-03-01")]
}

fn event(instruction: &str, sequence: usize, kind: &str, on: &str) -> Row {
    let columns = [("instruction_id", instruction), ("sequence", &sequence.to_string()), ("kind", kind), ("effective_on", on)];
    row("instruction_event", &columns)
}

fn entry(number: &str, kind: &str, household: Option<&str>) -> Vec<Row> {
    let mut columns = vec![("id", number), ("payee_kind", kind)];
    columns.extend(household.map(|household| ("household_id", household)));
    let funding = [("roster_entry_id", number), ("position", "1"), ("allocation_line_id", LINE), ("fund_source_id", SOURCE)];
    vec![row("roster_entry", &columns), row("roster_funding", &funding)]
}

/// 100 granted; 30 to a household, 50 to a union that reports one recipient of 20.
fn export() -> Export {
    let mut export = Export::new();
    export.journal("grant", "2022-01-01", &[("granted", "available", "100.00", None)]);
    export.act(vec![
        row("appropriation", &[("id", APPROPRIATION), ("fiscal_year", "2022"), ("organisation_id", &id(13))]),
        row("allocation_line", &[("id", LINE), ("appropriation_id", APPROPRIATION), ("fund_source_id", SOURCE)]),
        row("arrival", &[("id", &id(14)), ("allocation_line_id", LINE), ("amount", "90.00"), ("arrived_on", "2022-01-05")]),
    ]);
    export.act([entry(&id(30), "household", Some(&id(31))), entry(&id(32), "organisation", None)].concat());
    export.journal("commit", "2022-02-01", &[("available", "committed", "80.00", None)]);
    export.act([order(HOUSEHOLD_PAID, &id(30), "30.00"), order(UNION_PAID, &id(32), "50.00")].concat());
    let moves = |from, to| [(from, to, "30.00", Some(HOUSEHOLD_PAID)), (from, to, "50.00", Some(UNION_PAID))];
    export.journal("send", "2022-03-02", &moves("committed", "in_transit"));
    let plan = |sequence, state| {
        row("state_event", &[("subject_kind", "plan"), ("subject_id", &id(50)), ("sequence", sequence), ("state", state)])
    };
    export.act(vec![
        event(HOUSEHOLD_PAID, 2, "sent", "2022-03-02"),
        event(UNION_PAID, 2, "sent", "2022-03-02"),
        row("transfer_down", &[("id", &id(41)), ("instruction_id", UNION_PAID), ("amount", "50.00")]),
        plan("1", "draft"),
        plan("2", "released"),
    ]);
    let settled =
        [("in_transit", "disbursed", "30.00", Some(HOUSEHOLD_PAID)), ("in_transit", "transferred_down", "50.00", Some(UNION_PAID))];
    export.journal("settle", "2022-03-03", &settled);
    export.act(vec![event(HOUSEHOLD_PAID, 3, "settled", "2022-03-03"), event(UNION_PAID, 3, "settled", "2022-03-03")]);
    export.journal("feedback", "2022-04-01", &[("transferred_down", "disbursed", "20.00", Some(UNION_PAID))]);
    export.act(vec![row(
        "transfer_feedback",
        &[
            ("id", &id(42)),
            ("transfer_down_id", &id(41)),
            ("identity_number_hash", "aa"),
            ("identity_number_commitment", "bb"),
            ("amount", "20.00"),
            ("reported_on", "2022-04-01"),
        ],
    )]);
    let size = export.size();
    for size in [5, size] {
        let note = export.note(size);
        export.lines.push(Line::Checkpoint(Signed { size, note }));
    }
    for (size, as_of) in [(size, "2022-12-31"), (size, "2022-03-31"), (5, "2022-12-31")] {
        let issued = report(&export, size, as_of);
        export.lines.push(Line::Report(issued));
    }
    let accounts = balances([("granted", "100.00"), ("available", "20.00"), ("disbursed", "50.00"), ("transferred_down", "30.00")]);
    export.lines.push(Line::Balance(Balance { line: LINE.to_owned(), source: SOURCE.to_owned(), accounts }));
    for (table, of, column, value) in [
        ("instruction", HOUSEHOLD_PAID.to_owned(), "status", "settled"),
        ("instruction", UNION_PAID.to_owned(), "status_on", "2022-03-03"),
        ("plan", id(50), "status", "released"),
        ("transfer_down", id(41), "reported", "20.00"),
        ("transfer_down", id(41), "handed_back", "0.00"),
    ] {
        let value = Some(value.to_owned());
        export.lines.push(Line::State(State { table: table.to_owned(), id: of, column: column.to_owned(), value }));
    }
    export
}

fn balances<const N: usize>(known: [(&str, &str); N]) -> BTreeMap<String, String> {
    let all = books::ORIGINS.iter().chain(&books::PLACES);
    let mut accounts: BTreeMap<String, String> = all.map(|account| ((*account).to_owned(), "0.00".to_owned())).collect();
    accounts.extend(known.map(|(account, amount)| (account.to_owned(), amount.to_owned())));
    accounts
}

fn report(export: &Export, size: u64, as_of: &str) -> Issued {
    let known = match (size, as_of) {
        (5, _) => [("granted", "100.00"), ("available", "20.00"), ("committed", "80.00"), ("disbursed", "0.00")],
        (_, "2022-03-31") => [("granted", "100.00"), ("available", "20.00"), ("transferred_down", "50.00"), ("disbursed", "30.00")],
        _ => [("granted", "100.00"), ("available", "20.00"), ("transferred_down", "30.00"), ("disbursed", "50.00")],
    };
    let (rate, here, households, persons, times) = match (size, as_of) {
        (5, _) => ("0.00", "100.00", 0, 0, 0),
        (_, "2022-03-31") => ("30.00", "20.00", 1, 0, 1),
        _ => ("50.00", "20.00", 1, 1, 2),
    };
    let figures = |body: &mut serde_json::Value, counts: bool| {
        let object = body.as_object_mut().unwrap();
        object.extend(balances(known).into_iter().map(|(name, amount)| (name, json!(amount))));
        object.insert("identity_difference".to_owned(), json!("0.00"));
        if counts {
            object.extend([
                ("not_disbursed".to_owned(), json!(here)),
                ("execution_rate".to_owned(), json!(rate)),
                ("arrived".to_owned(), json!("90.00")),
                ("households".to_owned(), json!(households)),
                ("persons".to_owned(), json!(persons)),
                ("person_times".to_owned(), json!(times)),
            ]);
        }
    };
    let mut by_source = json!({ "fund_source_id": SOURCE });
    figures(&mut by_source, false);
    let mut line = json!({ "allocation_line_id": LINE, "by_source": [by_source] });
    figures(&mut line, true);
    let mut body = json!({
        "scope": "appropriation", "as_of": as_of, "log_number": size,
        "checkpoint": { "size": size, "note": export.note(size) }, "lines": [line]
    });
    figures(&mut body, true);
    Issued {
        checkpoint: size,
        scope: "appropriation".to_owned(),
        subject: APPROPRIATION.to_owned(),
        as_of: as_of.to_owned(),
        body: body.to_string(),
    }
}

fn failures(export: &Export, checkpoint: &str) -> Vec<Failure> {
    verify(export.text().as_bytes(), checkpoint, &export.key()).unwrap().failures
}

fn names(failures: &[Failure], table: &str, key: &str) -> bool {
    failures.iter().any(|failure| failure.table == table && failure.key.contains(key))
}

#[test]
fn an_export_that_nobody_changed_verifies_in_every_figure() {
    let export = export();
    let verified = verify(export.text().as_bytes(), &export.note(export.size()), &export.key()).unwrap();
    assert_eq!(verified.failures, []);
    assert_eq!((verified.entries, verified.checkpoints, verified.reports, verified.claims), (11, 2, 3, 6));
    assert!(failures(&export, &export.note(5)).is_empty(), "against an older checkpoint too");
}

#[test]
fn whichever_column_of_a_row_is_changed_the_row_is_named() {
    let original = export();
    let note = original.note(original.size());
    let mut tried = 0;
    for at in 0..original.entries.len() {
        let rows = original.entries[at].rows.len();
        for place in 0..=rows {
            let width = if place == rows { original.entries[at].header.1.len() } else { original.entries[at].rows[place].1.len() };
            for column in 0..width {
                let mut changed = original.clone();
                let entry = &mut changed.entries[at];
                let row = if place == rows { &mut entry.header } else { &mut entry.rows[place] };
                let before = row.key(row.table(CURRENT).unwrap());
                row.1[column] = Some("2022-03-09".to_owned());
                let (table, after) = (row.0.clone(), row.key(row.table(CURRENT).unwrap()));
                let found = failures(&changed, &note);
                assert!(names(&found, &table, &before) || names(&found, &table, &after), "{table} {before} column {column}: {found:#?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "{tried}");
}

#[test]
fn a_row_changed_together_with_its_hashes_breaks_the_signed_root() {
    let original = export();
    let note = original.note(original.size());
    let mut changed = original.clone();
    changed.entries[0].rows[0].1[6] = Some("900.00".to_owned());
    changed.entries[0].sealed = Some(seal(&changed.entries[0]));
    let found = failures(&changed, &note);
    assert!(
        names(&found, "checkpoint", "11") && names(&found, "ledger_balance", LINE) && names(&found, "issued_report", "11"),
        "{found:#?}"
    );
}

#[test]
fn rows_that_are_gone_added_twice_or_moved_are_noticed() {
    let original = export();
    let note = original.note(original.size());
    let with = |change: &dyn Fn(&mut Export)| {
        let mut changed = original.clone();
        change(&mut changed);
        failures(&changed, &note)
    };
    let gone = with(&|export| drop(export.entries[1].rows.remove(0)));
    assert!(names(&gone, "ledger_log", "2"), "{gone:#?}");
    let twice = with(&|export| {
        let row = export.entries[1].rows[0].clone();
        export.entries[1].rows.push(row);
    });
    assert!(names(&twice, "appropriation", APPROPRIATION), "{twice:#?}");
    let moved = with(&|export| {
        let row = export.entries[1].rows.remove(0);
        export.entries[2].rows.push(row);
    });
    assert!(names(&moved, "appropriation", APPROPRIATION), "{moved:#?}");
    let outside = with(&|export| {
        let row = row("arrival", &[("id", &id(99))]);
        export.lines.push(Line::Outside(Outside { edition: CURRENT, row }));
    });
    assert!(names(&outside, "arrival", &id(99)), "{outside:#?}");
    let swapped = with(&|export| export.entries.swap(0, 3));
    assert!(names(&swapped, "ledger_log", "4") && names(&swapped, "checkpoint", "11"), "{swapped:#?}");
    let leaf = with(&|export| export.entries[0].sealed.as_mut().unwrap().leaf = [1; 32]);
    assert!(names(&leaf, "sealed_leaf", "1"), "{leaf:#?}");
    let unknown = with(&|export| export.entries[1].rows[0].0 = "person".to_owned());
    assert!(names(&unknown, "person", "") && names(&unknown, "ledger_log", "2"), "{unknown:#?}");
}

#[test]
fn every_claimed_balance_state_and_figure_is_held_against_the_rows() {
    let original = export();
    let note = original.note(original.size());
    for (at, line) in original.lines.iter().enumerate() {
        let mut changed = original.clone();
        let (table, key) = match (line, &mut changed.lines[at]) {
            (Line::Balance(_), Line::Balance(balance)) => {
                balance.accounts.insert("bounced".to_owned(), "1.00".to_owned());
                ("ledger_balance".to_owned(), LINE.to_owned())
            }
            (Line::State(_), Line::State(state)) => {
                state.value = Some("2022-01-01".to_owned());
                (state.table.clone(), state.id.clone())
            }
            (Line::Checkpoint(_), Line::Checkpoint(signed)) => {
                signed.note = signed.note.replacen("\n1", "\n2", 1).replacen("\n5", "\n6", 1);
                ("checkpoint".to_owned(), signed.size.to_string())
            }
            _ => continue,
        };
        let found = failures(&changed, &note);
        assert!(names(&found, &table, &key), "{line:?}: {found:#?}");
    }
    let body: serde_json::Value = serde_json::from_str(&report(&original, 11, "2022-12-31").body).unwrap();
    for pointer in figures_of(&body) {
        let mut changed = original.clone();
        for line in &mut changed.lines {
            if let Line::Report(issued) = line
                && (issued.checkpoint, issued.as_of.as_str()) == (11, "2022-12-31")
            {
                let mut body = body.clone();
                *body.pointer_mut(&pointer).unwrap() = json!("7.00");
                issued.body = body.to_string();
            }
        }
        let found = failures(&changed, &note);
        assert!(found.iter().any(|failure| failure.table == "issued_report" && failure.rule == pointer), "{pointer}: {found:#?}");
    }
}

/// The pointers of everything in a report that is a figure.
fn figures_of(body: &serde_json::Value) -> Vec<String> {
    let mut pointers = Vec::new();
    for (prefix, object) in [("", body), ("/lines/0", &body["lines"][0]), ("/lines/0/by_source/0", &body["lines"][0]["by_source"][0])] {
        let names = object.as_object().unwrap().keys();
        let figures =
            names.filter(|name| !["lines", "by_source", "checkpoint", "allocation_line_id", "fund_source_id"].contains(&name.as_str()));
        pointers.extend(figures.map(|name| format!("{prefix}/{name}")));
    }
    assert!(pointers.len() > 50);
    pointers
}

#[test]
fn an_export_cut_short_or_malformed_is_refused() {
    let export = export();
    let (text, note, key) = (export.text(), export.note(11), export.key());
    let lines: Vec<&str> = text.lines().collect();
    let refused = |lines: &[&str]| verify(lines.join("\n").as_bytes(), &note, &key).is_err();
    assert!(!refused(&lines));
    assert!(refused(&lines[..lines.len() - 1]) && refused(&lines[1..]) && refused(&[]));
    assert!(refused(&[&lines[..3], &lines[4..]].concat()), "a line less than announced");
    assert!(refused(&[&lines[..], &lines[1..2]].concat()), "a line after the end");
    assert!(refused(&[lines[0], lines[0]]) && refused(&[lines[0], "{}"]) && refused(&[lines[0], "{\"entry\":{}}"]));
    let other = NoteSigner::generate("bangfu").named(&crate::audit::note::origin(FEDERATION));
    assert!(verify(text.as_bytes(), &note, &other.verifier()).is_err(), "signed with another key");
}

#[test]
fn a_checkpoint_the_export_does_not_reach_or_of_another_root_fails() {
    let export = export();
    let sign = |size, root| Checkpoint { origin: crate::audit::note::origin(FEDERATION), size, root }.sign(&export.signer);
    assert!(names(&failures(&export, &sign(12, [0; 32])), "checkpoint", "12"));
    assert!(names(&failures(&export, &sign(11, [0; 32])), "checkpoint", "11"));
}

#[test]
fn a_step_that_does_not_follow_and_money_in_the_wrong_place_are_named() {
    let mut export = export();
    export.journal("bounce", "2022-05-01", &[("disbursed", "bounced", "30.00", Some(HOUSEHOLD_PAID))]);
    let found = failures(&export, &export.note(11));
    assert!(names(&found, "instruction", HOUSEHOLD_PAID), "{found:#?}");
    export.act(vec![event(HOUSEHOLD_PAID, 4, "failed", "2022-05-01")]);
    let found = failures(&export, &export.note(11));
    assert!(names(&found, "instruction_event", HOUSEHOLD_PAID), "{found:#?}");
    export.journal("reclaim", "2022-06-01", &[("available", "returned", "500.00", None)]);
    let found = failures(&export, &export.note(11));
    assert!(names(&found, "posting", " 1") && found.iter().any(|failure| failure.rule.starts_with("available after")), "{found:#?}");
}

#[test]
fn a_receipt_holds_and_none_that_was_changed_does() {
    use crate::audit::receipt::{FORMAT as RECEIPT, Receipt, encoded};
    let export = export();
    let mut tiles = Tiles::default();
    for (index, entry) in (0..).zip(&export.entries) {
        tiles.append(index, entry.sealed.as_ref().unwrap().leaf).unwrap();
    }
    // The second posting of the settlement, log number 8.
    let entry = &export.entries[7];
    let receipt = Receipt {
        format: RECEIPT.to_owned(),
        federation: FEDERATION,
        log_number: 8,
        edition: CURRENT,
        entry: entry.header.1.clone(),
        posting: entry.rows[1].1.clone(),
        index: 1,
        count: 2,
        entry_path: encoded(&tree::path_of(&entry.sealed.as_ref().unwrap().rows[1..], 1).unwrap()),
        log_path: encoded(&tree::inclusion(&tiles, 7, 11).unwrap()),
        checkpoint: export.note(11),
    };
    let text = serde_json::to_string(&receipt).unwrap();
    assert!(text.len() < 2048, "{}", text.len());
    assert_eq!(serde_json::from_str::<Receipt>(&text).unwrap(), receipt);
    assert_eq!(receipt.verify(&export.key()).unwrap().size, 11);
    assert_eq!((receipt.posting_column("amount").as_deref(), receipt.entry_column("kind").as_deref()), (Some("50.00"), Some("settle")));
    let changes: [fn(&mut Receipt); 13] = [
        |receipt| receipt.log_number = 9,
        |receipt| receipt.log_number = 0,
        |receipt| receipt.index = 0,
        |receipt| receipt.count = 3,
        |receipt| receipt.edition = 2,
        |receipt| receipt.format.push('x'),
        |receipt| receipt.federation = FederationId(Uuid::from_u128(2)),
        |receipt| receipt.posting[6] = Some("5000.00".to_owned()),
        |receipt| receipt.entry[4] = Some("2022-03-04".to_owned()),
        |receipt| drop(receipt.entry_path.pop()),
        |receipt| drop(receipt.log_path.pop()),
        |receipt| receipt.log_path[0] = "AA==".to_owned(),
        |receipt| receipt.checkpoint = receipt.checkpoint.replace("\n11\n", "\n12\n"),
    ];
    for (at, change) in changes.iter().enumerate() {
        let mut changed = receipt.clone();
        change(&mut changed);
        assert!(changed.verify(&export.key()).is_err(), "change {at}");
    }
}
