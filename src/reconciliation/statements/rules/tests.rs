use proptest::prelude::*;

use super::super::facts::Movements;
use super::*;

/// What each payment's movements add up to.
type Paid = HashMap<(InstructionId, Movement), Money>;
/// Which line speaks of which payment.
type Touched = HashSet<(StatementLineId, InstructionId)>;

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2023, 1, number).unwrap()
}

fn yuan(amount: u32) -> Money {
    Money::yuan(amount)
}

fn account(number: u8) -> Option<Vec<u8>> {
    Some(vec![number; 32])
}

/// A payment of 10 yuan sent on the 5th to account 1, in a batch of its own.
fn order() -> Order {
    Order {
        id: InstructionId::generate(),
        reference: Uuid::new_v4(),
        batch: BatchId::generate(),
        amount: yuan(10),
        cash: false,
        account: account(1),
        status: S::Sent,
        sent_on: Some(day(5)),
        settled_on: None,
        bounced_on: None,
        matched: Movements::default(),
        counted: Movements::default(),
        missed: false,
    }
}

fn settled(on: u32) -> Order {
    Order { status: S::Settled, settled_on: Some(day(on)), ..order() }
}

/// 10 yuan that left on the 6th.
fn debit() -> Line {
    Line {
        id: StatementLineId::generate(),
        booked_on: day(6),
        direction: Direction::Debit,
        amount: yuan(10),
        returned: false,
        fee: false,
        references: Vec::new(),
        account: None,
        code: None,
    }
}

fn credit() -> Line {
    Line { direction: Direction::Credit, booked_on: day(9), ..debit() }
}

fn naming(order: &Order, line: Line) -> Line {
    Line { references: vec![order.reference], ..line }
}

fn found(ladder: &Ladder) -> Vec<(Rung, Movement)> {
    ladder.matches.iter().map(|found| (found.rung, found.movement)).collect()
}

fn kinds(ladder: &Ladder) -> Vec<(Kind, Money)> {
    ladder.exceptions.iter().map(|exception| (exception.kind, exception.difference())).collect()
}

#[test]
fn an_own_reference_with_its_amount_matches_whatever_the_day() {
    let order = order();
    let line = naming(&order, Line { booked_on: day(30), ..debit() });
    let ladder = climb(std::slice::from_ref(&line), std::slice::from_ref(&order), 5);
    assert_eq!(found(&ladder), [(Rung::Reference, Movement::Settled)]);
    let other = climb(&[Line { amount: yuan(11), ..line }], &[order], 5);
    assert_eq!((found(&other), kinds(&other)), (vec![], vec![(Kind::AmountDiffers, yuan(11))]));
    assert_eq!(other.exceptions[0].candidates.len(), 1);
}

#[test]
fn an_amount_that_differs_from_a_settled_payment_differs_by_what_is_between_them() {
    let order = settled(6);
    let ladder = climb(&[naming(&order, Line { amount: yuan(12), ..debit() })], &[order], 5);
    assert_eq!(kinds(&ladder), [(Kind::AmountDiffers, yuan(2))]);
}

#[test]
fn a_second_line_of_a_payment_is_a_duplicate_in_the_same_statement_and_in_a_later_one() {
    let order = order();
    let lines = [naming(&order, debit()), naming(&order, debit())];
    let ladder = climb(&lines, std::slice::from_ref(&order), 5);
    assert_eq!((ladder.matches[0].line, kinds(&ladder)), (lines[0].id, vec![(Kind::Duplicate, yuan(10))]));
    let later = Order { matched: Movements { settled: true, bounced: false }, ..settled(6) };
    assert_eq!(kinds(&climb(&[naming(&later, debit())], &[later], 5)), [(Kind::Duplicate, yuan(10))]);
}

#[test]
fn a_debit_that_takes_something_back_pays_nobody_even_if_it_names_a_payment() {
    let order = order();
    let credit = naming(&order, Line { direction: Direction::Credit, ..debit() });
    let reversed = naming(&order, Line { returned: true, ..debit() });
    let ladder = climb(&[credit.clone(), reversed.clone()], std::slice::from_ref(&order), 5);
    assert_eq!(found(&ladder), []);
    assert_eq!(kinds(&ladder), [(Kind::MissingInLedger, -yuan(10)), (Kind::MissingInLedger, yuan(10))]);
    assert!(ladder.exceptions.iter().all(|exception| exception.candidates.len() == 1));
    assert_eq!(ladder.equation(&[credit, reversed]).difference, Money::ZERO);
}

#[test]
fn account_amount_and_day_match_when_nothing_else_fits() {
    let order = order();
    let line = Line { account: account(1), ..debit() };
    assert_eq!(found(&climb(std::slice::from_ref(&line), std::slice::from_ref(&order), 5)), [(Rung::Account, Movement::Settled)]);
    for (line, orders, candidates) in [
        (Line { booked_on: day(11), ..line.clone() }, vec![order.clone()], 0),
        (Line { booked_on: day(4), ..line.clone() }, vec![order.clone()], 0),
        (Line { account: account(2), ..line.clone() }, vec![order.clone()], 0),
        (Line { account: None, ..line.clone() }, vec![order.clone()], 0),
        (Line { amount: yuan(11), ..line.clone() }, vec![order.clone()], 0),
        (line.clone(), vec![Order { cash: true, ..order.clone() }], 0),
        // What failed is no match, and a candidate all the same.
        (line.clone(), vec![Order { status: S::Failed, ..order.clone() }], 1),
        (line.clone(), vec![order.clone(), super::tests::order()], 2),
    ] {
        let amount = line.amount;
        let ladder = climb(&[line], &orders, 5);
        assert_eq!(kinds(&ladder), [(Kind::MissingInLedger, amount)]);
        assert_eq!(ladder.exceptions[0].candidates.len(), candidates);
    }
    // Two lines that mean the same payment: which of them is not guessed.
    let two = climb(&[line.clone(), Line { id: StatementLineId::generate(), ..line }], &[order], 5);
    assert_eq!((two.matches.len(), two.exceptions.len()), (0, 2));
}

#[test]
fn a_batch_that_adds_up_matches_when_it_is_the_only_one() {
    let batch = BatchId::generate();
    let of = |batch: BatchId, amount: u32| Order { batch, amount: yuan(amount), ..order() };
    let orders = [of(batch, 10), of(batch, 20), of(BatchId::generate(), 30)];
    let line = Line { amount: yuan(30), ..debit() };
    let ladder = climb(std::slice::from_ref(&line), &orders, 5);
    assert_eq!(found(&ladder), [(Rung::Batch, Movement::Settled); 2]);
    // One that was matched before leaves the rest, and what a bank said failed is no part of it.
    let rest = [
        of(batch, 10),
        of(batch, 20),
        Order { status: S::Failed, ..of(batch, 5) },
        Order { matched: Movements { settled: true, bounced: false }, ..of(batch, 7) },
    ];
    assert_eq!(climb(std::slice::from_ref(&line), &rest, 5).matches.len(), 2);
    let other = BatchId::generate();
    let ambiguous = [of(batch, 10), of(batch, 20), of(other, 15), of(other, 15)];
    let ladder = climb(std::slice::from_ref(&line), &ambiguous, 5);
    assert_eq!((kinds(&ladder), ladder.exceptions[0].candidates.len()), (vec![(Kind::MissingInLedger, yuan(30))], 2));
    // To somebody's account it is a payment to that one.
    let ladder = climb(&[Line { account: account(9), ..line.clone() }], &orders, 5);
    assert_eq!((ladder.matches.len(), ladder.exceptions[0].candidates.len()), (0, 1));
    let late = climb(&[Line { booked_on: day(11), ..line }], &orders, 5);
    assert_eq!((late.matches.len(), late.exceptions[0].candidates.len()), (0, 0));
}

#[test]
fn what_comes_back_is_the_bounce_of_what_was_paid_also_in_the_same_statement() {
    let order = order();
    let (paid, back) = (naming(&order, debit()), naming(&order, Line { returned: true, ..credit() }));
    // The order of the lines does not matter: banks list the newest first.
    for lines in [[paid.clone(), back.clone()], [back.clone(), paid.clone()]] {
        let ladder = climb(&lines, std::slice::from_ref(&order), 5);
        assert_eq!(found(&ladder), [(Rung::Reference, Movement::Settled), (Rung::Reference, Movement::Bounced)]);
        assert_eq!(ladder.equation(&lines), Equation { ledger: Money::ZERO, bank: Money::ZERO, difference: Money::ZERO });
    }
    let late = settled(6);
    assert_eq!(found(&climb(&[naming(&late, credit())], std::slice::from_ref(&late), 5)), [(Rung::Reference, Movement::Bounced)]);
    // Without a reference only when the bank says that it came back.
    let nameless = Line { account: account(1), ..credit() };
    assert_eq!(found(&climb(std::slice::from_ref(&nameless), std::slice::from_ref(&late), 5)), []);
    let returned = Line { returned: true, ..nameless };
    assert_eq!(found(&climb(&[returned], &[late], 5)), [(Rung::Account, Movement::Bounced)]);
    // What was never paid does not come back.
    let ladder = climb(&[back], &[order], 5);
    assert_eq!(kinds(&ladder), [(Kind::MissingInLedger, -yuan(10))]);
    assert_eq!(ladder.exceptions[0].candidates[0].why, Why::NotSettled);
}

#[test]
fn a_payment_that_cannot_have_been_is_contradicted_and_no_evidence_is_made() {
    let pending = Order { status: S::Pending, sent_on: None, ..order() };
    let cash = Order { cash: true, ..order() };
    for order in [pending, cash, Order { sent_on: Some(day(7)), ..order() }] {
        let ladder = climb(&[naming(&order, debit())], std::slice::from_ref(&order), 5);
        assert_eq!((ladder.matches.len(), kinds(&ladder)), (0, vec![(Kind::Contradicted, yuan(10))]));
        assert_eq!(ladder.exceptions[0].instruction, Some(order.id));
    }
}

#[test]
fn a_charge_is_a_charge_and_an_unknown_code_says_so() {
    let lines = [
        Line { fee: true, ..debit() },
        Line { code: Some("XTND/NTAV/NTAV".to_owned()), ..debit() },
        Line { code: Some("NZZZ".to_owned()), ..credit() },
        Line { code: Some("PMNT/ICDT/DMCT".to_owned()), ..debit() },
        Line { code: Some("转账".to_owned()), ..debit() },
        Line { code: Some("NTRF".to_owned()), ..debit() },
    ];
    let expected = [
        (Kind::Fee, yuan(10)),
        (Kind::UnknownCode, yuan(10)),
        (Kind::UnknownCode, -yuan(10)),
        (Kind::MissingInLedger, yuan(10)),
        (Kind::MissingInLedger, yuan(10)),
        (Kind::MissingInLedger, yuan(10)),
    ];
    assert_eq!(kinds(&climb(&lines, &[], 5)), expected);
}

#[test]
fn two_references_of_one_amount_are_not_chosen_between() {
    let (one, other) = (order(), order());
    let line = Line { references: vec![one.reference, other.reference], ..debit() };
    let ladder = climb(std::slice::from_ref(&line), &[one.clone(), other.clone()], 5);
    assert_eq!((ladder.matches.len(), ladder.exceptions[0].candidates.len()), (0, 2));
    let cheaper = Order { amount: yuan(3), ..other };
    assert_eq!(climb(&[line], &[one, cheaper], 5).matches.len(), 1);
}

#[test]
fn what_the_bank_should_have_booked_and_has_not_is_missed_once() {
    let period = Period { first: day(1), last: day(10) };
    let amounts = |order: Order| missing(&[order], period, 5).iter().map(|exception| exception.ledger).collect::<Vec<_>>();
    assert_eq!(amounts(order()), [Money::ZERO]);
    assert_eq!(amounts(settled(5)), [-yuan(10)]);
    assert_eq!(amounts(settled(6)), [], "due in the next statement");
    assert_eq!(amounts(Order { status: S::Bounced, settled_on: Some(day(3)), bounced_on: Some(day(4)), ..order() }), [-yuan(10), yuan(10)]);
    let matched = Movements { settled: true, bounced: false };
    assert_eq!(amounts(Order { matched, ..settled(5) }), []);
    assert_eq!(amounts(Order { counted: matched, ..settled(5) }), []);
    assert_eq!(amounts(Order { missed: true, ..order() }), []);
    assert_eq!(amounts(Order { missed: true, ..settled(5) }), [-yuan(10)], "sent then, settled since: another movement");
    assert_eq!(amounts(Order { cash: true, ..settled(5) }), []);
    assert_eq!(amounts(Order { status: S::Failed, ..order() }), []);
    let before = Period { first: day(11), last: day(20) };
    assert!(missing(&[settled(5)], before, 5).is_empty(), "before the account's first day nothing is said");
}

#[test]
fn contradicted_evidence_is_an_exception_and_no_match() {
    let order = Order { status: S::Bounced, settled_on: Some(day(5)), bounced_on: Some(day(5)), ..order() };
    let line = naming(&order, debit());
    let ladder = climb(std::slice::from_ref(&line), std::slice::from_ref(&order), 5);
    assert_eq!(ladder.matches.len(), 1);
    let ladder = contradict(ladder, std::slice::from_ref(&order), &[(line.id, order.id)].into());
    // The ledger has this payment, on another day: the amounts agree, and people look at it.
    assert_eq!((ladder.matches.len(), kinds(&ladder)), (0, vec![(Kind::Contradicted, Money::ZERO)]));
}

// Laws.

fn status() -> impl Strategy<Value = S> {
    prop::sample::select(vec![S::Pending, S::Sent, S::Settled, S::Failed, S::Unknown, S::Bounced, S::Reissued, S::GivenUp])
}

prop_compose! {
    fn some_order(batches: Vec<BatchId>)(
        status in status(), batch in prop::sample::select(batches), amount in 1u32..4, number in 1u8..4, sent in 1u32..10, after in 0u32..4,
        ever in any::<bool>(), flags in any::<[bool; 6]>(),
    ) -> Order {
        let settled = status == S::Settled || status == S::Bounced || (matches!(status, S::Reissued | S::GivenUp) && ever);
        let bounced = settled && status != S::Settled;
        Order {
            batch, amount: yuan(amount), account: account(number), status, cash: flags[0] && flags[1],
            sent_on: (status != S::Pending).then(|| day(sent)),
            settled_on: settled.then(|| day(sent + after)),
            bounced_on: bounced.then(|| day(sent + after + 1)),
            matched: Movements { settled: settled && flags[2] && flags[3], bounced: bounced && flags[3] && flags[4] },
            counted: Movements { settled: settled && flags[4] && flags[5], bounced: bounced && flags[5] && flags[2] },
            ..order()
        }
    }
}

prop_compose! {
    fn some_line(references: Vec<Uuid>)(
        debit_line in any::<bool>(), amount in 1u32..7, number in 1u8..5, on in 1u32..20, flags in any::<[bool; 5]>(),
        named in prop::sample::subsequence(references.clone(), 0..=references.len().min(2)),
    ) -> Line {
        Line {
            direction: if debit_line { Direction::Debit } else { Direction::Credit },
            amount: yuan(amount), booked_on: day(on), returned: flags[0], fee: flags[1] && flags[2],
            references: if flags[3] { named } else { Vec::new() },
            account: if flags[4] { account(number) } else { None },
            ..super::tests::debit()
        }
    }
}

fn world() -> impl Strategy<Value = (Vec<Order>, Vec<Line>)> {
    let batches = vec![BatchId::generate(), BatchId::generate(), BatchId::generate()];
    prop::collection::vec(some_order(batches), 1..8)
        .prop_map(|mut orders| {
            for order in &mut orders {
                (order.id, order.reference) = (InstructionId::generate(), Uuid::new_v4());
            }
            orders
        })
        .prop_flat_map(|orders| {
            let references = orders.iter().map(|order| order.reference).collect();
            (Just(orders), prop::collection::vec(some_line(references), 0..10))
        })
        .prop_map(|(orders, mut lines)| {
            for line in &mut lines {
                line.id = StatementLineId::generate();
            }
            (orders, lines)
        })
}

/// What the ledger has once the evidence of a ladder was taken in: by the state machine of payments, not by the ladder.
fn ledger_after(orders: &[Order], lines: &[Line], ladder: &Ladder) -> (Paid, Touched) {
    let mut orders: HashMap<InstructionId, Order> = orders.iter().map(|order| (order.id, order.clone())).collect();
    let days: HashMap<StatementLineId, NaiveDate> = lines.iter().map(|line| (line.id, line.booked_on)).collect();
    let mut contradicted = HashSet::new();
    for found in &ladder.matches {
        let (order, on) = (orders.get_mut(&found.instruction).unwrap(), days[&found.line]);
        match (order.status, found.movement) {
            (S::Sent | S::Unknown | S::Failed, Movement::Settled) => (order.status, order.settled_on) = (S::Settled, Some(on)),
            (S::Settled, Movement::Bounced) => (order.status, order.bounced_on) = (S::Bounced, Some(on)),
            (S::Bounced | S::Reissued | S::GivenUp, Movement::Settled) if order.settled_on.is_none_or(|settled| on > settled) => {
                contradicted.insert((found.line, found.instruction));
            }
            (S::Pending, _) => panic!("evidence of what was not sent"),
            (S::Sent | S::Unknown | S::Failed, Movement::Bounced) => panic!("what was not paid came back"),
            _ => {}
        }
    }
    let mut booked = HashMap::new();
    for order in orders.values() {
        for movement in [Movement::Settled, Movement::Bounced] {
            booked.insert((order.id, movement), order.booked(movement));
        }
    }
    (booked, contradicted)
}

proptest! {
    #[test]
    fn ledger_less_bank_is_the_sum_of_the_exceptions((orders, lines) in world()) {
        let ladder = climb(&lines, &orders, 5);
        let (booked, contradicted) = ledger_after(&orders, &lines, &ladder);
        let ladder = contradict(ladder, &orders, &contradicted);
        // What the statement concerns, each movement once, as the ledger has it.
        let mut concerned: HashSet<(InstructionId, Movement)> = ladder.matches.iter().map(|found| (found.instruction, found.movement)).collect();
        prop_assert_eq!(concerned.len(), ladder.matches.len(), "a movement is matched once");
        for exception in ladder.exceptions.iter().filter(|exception| exception.ledger != Money::ZERO) {
            let movement = if exception.ledger.is_negative() { Movement::Settled } else { Movement::Bounced };
            prop_assert!(concerned.insert((exception.instruction.unwrap(), movement)), "a movement is counted once");
        }
        let ledger: Money = concerned.iter().map(|movement| booked[movement]).sum();
        let bank: Money = lines.iter().map(Line::signed).sum();
        let exceptions: Money = ladder.exceptions.iter().map(Exception::difference).sum();
        prop_assert_eq!(ledger - bank, exceptions);
        prop_assert_eq!(ladder.equation(&lines), Equation { ledger, bank, difference: exceptions });
    }

    #[test]
    fn every_line_is_matched_or_one_exception((orders, lines) in world()) {
        let ladder = climb(&lines, &orders, 5);
        let matched: HashSet<StatementLineId> = ladder.matches.iter().map(|found| found.line).collect();
        let excepted: Vec<StatementLineId> = ladder.exceptions.iter().filter_map(|exception| exception.line).collect();
        prop_assert_eq!(matched.len() + excepted.len(), lines.len());
        prop_assert!(excepted.iter().all(|line| !matched.contains(line)));
        for line in &lines {
            let sum: Money = ladder.matches.iter().filter(|found| found.line == line.id).map(|found| found.signed).sum();
            prop_assert!(!matched.contains(&line.id) || sum == line.signed(), "what is matched adds up to the line");
        }
    }

    #[test]
    fn the_order_of_lines_and_instructions_changes_no_match_but_that_of_duplicates((orders, lines) in world()) {
        let ladder = climb(&lines, &orders, 5);
        let (mut turned_orders, mut turned_lines) = (orders.clone(), lines.clone());
        turned_orders.reverse();
        turned_lines.reverse();
        let turned = climb(&turned_lines, &turned_orders, 5);
        let movements = |ladder: &Ladder| ladder.matches.iter().map(|found| (found.instruction, found.movement, found.rung)).collect::<HashSet<_>>();
        prop_assert_eq!(movements(&ladder), movements(&turned));
    }
}
