//! Recording many households at once: the rules of one household, with a few statements for all.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::columns::FIELDS;
use super::households::Content;
use crate::access::permissions::WriteRegistry;
use crate::db::{Error, Result, Tx};
use crate::imports::{self, Unit, Wrong};
use crate::kernel::{Code, HouseholdId, MemberId, Permit, PersonId, Text};
use crate::registry::dossiers::{self, CategorySpan, Dossier, DossierEvent, DossierSystem, NewDossier, PreparedDossier};
use crate::registry::error::{DOSSIER_EXISTS, PERSON_ERASED, PERSON_IN_HOUSEHOLD};
use crate::registry::households::{self, HouseholdRow, MemberRow, Relation};
use crate::registry::payee_accounts::{self, AccountRow};
use crate::registry::persons::{self, PersonRow, PreparedPerson};

/// The columns of the dossier's fields.
const DOSSIER_FIELDS: &[(&str, &str)] = &[
    ("number", "dossier_number"),
    ("causes", "causes"),
    ("monthly_income", "monthly_income"),
    ("rigid_costs", "rigid_costs"),
    ("applied_on", "applied_on"),
    ("opened_on", "opened_on"),
];

/// The person of this identity number is registered under another name.
pub(super) fn name_differs(row: u32) -> Wrong {
    let text = Text::new("与已登记的姓名不一致", "is another name than the one registered");
    Wrong::of(row, "name", "name_differs", &text)
}

fn wrong(row: u32, column: &'static str, code: &'static Code) -> Wrong {
    Wrong::of(row, column, code.name, &Text::new(code.zh, code.en))
}

/// A person of a household that is about to be recorded.
struct Staged {
    row: u32,
    relation: Relation,
    from: NaiveDate,
    person: PreparedPerson,
}

/// A household that is about to be recorded.
struct Founding {
    household: HouseholdRow,
    dossier: PreparedDossier,
    people: Vec<Staged>,
}

/// Records households that nothing is wrong with, and says of each of the others what is.
pub(super) async fn households(tx: &mut Tx, _may: &Permit<WriteRegistry>, units: Vec<Unit<Content>>) -> Result<Vec<Vec<Wrong>>> {
    let mut verdicts = Vec::with_capacity(units.len());
    let mut foundings = Vec::with_capacity(units.len());
    for unit in units {
        match founding(tx, unit)? {
            Ok(founding) => {
                verdicts.push(Vec::new());
                foundings.push(Some(founding));
            }
            Err(wrongs) => {
                verdicts.push(wrongs);
                foundings.push(None);
            }
        }
    }
    let known = Registered::read(tx, foundings.iter().flatten()).await?;
    let (mut taken, mut rows) = (Taken::default(), Rows::default());
    for (verdict, founding) in verdicts.iter_mut().zip(foundings) {
        let Some(founding) = founding else { continue };
        *verdict = known.wrongs(&founding, &taken);
        if verdict.is_empty() {
            taken.add(&founding);
            rows.add(tx, &known, founding)?;
        }
    }
    rows.write(tx).await?;
    Ok(verdicts)
}

/// What can be said of a household without asking the database.
fn founding(tx: &Tx, unit: Unit<Content>) -> Result<std::result::Result<Founding, Vec<Wrong>>> {
    let heads: Vec<u32> = unit.rows.iter().filter(|row| row.content.relation == Relation::Head).map(|row| row.row).collect();
    let first = unit.rows.first().map_or(0, |row| row.row);
    let (head, others) = match heads.as_slice() {
        [] => {
            let text = Text::new("该档案编号没有户主行", "no row of this number is the head");
            return Ok(Err(vec![Wrong::of(first, "relation", "head_missing", &text)]));
        }
        [head, others @ ..] => (*head, others),
    };
    let text = Text::new("该档案编号已有户主行", "another row of this number is the head");
    let mut wrongs: Vec<Wrong> = others.iter().map(|row| Wrong::of(*row, "relation", "second_head", &text)).collect();
    let id = HouseholdId::generate();
    let mut prepared = None;
    let mut people = Vec::with_capacity(unit.rows.len());
    let default_from = unit.rows.iter().find(|row| row.row == head).and_then(|row| {
        let dossier = row.content.dossier.as_ref()?;
        row.content.member_from.or(dossier.opened_on).or(dossier.applied_on)
    });
    let default_from = default_from.unwrap_or_else(|| tx.today());
    for row in unit.rows {
        let Content { number, relation, person, member_from, dossier } = row.content;
        match refused(row.row, persons::prepare(tx, person, ""), FIELDS, "name")? {
            Ok(person) => people.push(Staged { row: row.row, relation, from: member_from.unwrap_or(default_from), person }),
            Err(found) => wrongs.extend(found),
        }
        let Some(cells) = dossier.filter(|_| row.row == head) else { continue };
        let household = HouseholdRow {
            federation_id: tx.federation,
            id,
            head_person_id: PersonId(uuid::Uuid::nil()),
            region_code: cells.region,
            organisation_id: cells.organisation,
            version: 1,
            created_at: tx.now(),
        };
        let new = NewDossier {
            household_id: id,
            number,
            system: cells.system,
            level: cells.level,
            category: cells.category,
            causes: cells.causes,
            monthly_income: cells.monthly_income,
            rigid_costs: cells.rigid_costs,
            applied_on: cells.applied_on,
            opened_on: cells.opened_on,
        };
        match refused(row.row, dossiers::prepare(tx, new), DOSSIER_FIELDS, "dossier_number")? {
            Ok(dossier) => prepared = Some((household, dossier)),
            Err(found) => wrongs.extend(found),
        }
    }
    match prepared {
        Some((household, dossier)) if wrongs.is_empty() => Ok(Ok(Founding { household, dossier, people })),
        _ => Ok(Err(wrongs)),
    }
}

/// A refusal as what is wrong with a row.
fn refused<T>(
    row: u32,
    outcome: Result<T>,
    fields: &[(&str, &'static str)],
    first: &'static str,
) -> Result<std::result::Result<T, Vec<Wrong>>> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Refused(refusal)) => Ok(Err(imports::wrongs(row, &refusal, fields, first))),
        Err(error) => Err(error),
    }
}

fn hash_of(person: &PersonRow) -> &[u8] {
    person.identity_number_hash.as_deref().unwrap_or_default()
}

/// What the registry knows of those that a batch names.
struct Registered {
    persons: HashMap<Vec<u8>, PersonRow>,
    stays: HashMap<PersonId, Vec<MemberRow>>,
    accounts: HashSet<(PersonId, Vec<u8>)>,
    dossiers: HashSet<(DossierSystem, String)>,
}

impl Registered {
    async fn read<'a>(tx: &mut Tx, foundings: impl Iterator<Item = &'a Founding> + Clone) -> Result<Self> {
        let people = || foundings.clone().flat_map(|founding| &founding.people);
        let hashes: Vec<Vec<u8>> = people().map(|staged| hash_of(&staged.person.row).to_vec()).collect();
        let key = |founding: &Founding| (founding.dossier.dossier.system, founding.dossier.dossier.number.clone());
        let numbers: Vec<(DossierSystem, String)> = foundings.clone().map(key).collect();
        let known = persons::store::by_identity_numbers(tx, &hashes).await?;
        let ids: Vec<PersonId> = known.iter().map(|person| person.id).collect();
        let mut stays: HashMap<PersonId, Vec<MemberRow>> = HashMap::new();
        let mut accounts = HashSet::new();
        if let (false, Some(first)) = (ids.is_empty(), people().map(|staged| staged.from).min()) {
            for stay in households::store::stays_reaching(tx, &ids, first).await? {
                stays.entry(stay.person_id).or_default().push(stay);
            }
            for account in payee_accounts::store::open_of(tx, &ids, &[]).await? {
                accounts.extend(account.person_id.zip(account.number_hash));
            }
        }
        let dossiers = dossiers::store::recorded(tx, &numbers).await?;
        let persons = known.into_iter().map(|person| (hash_of(&person).to_vec(), person)).collect();
        Ok(Self { persons, stays, accounts, dossiers })
    }

    /// What is wrong with a household, given what is registered and what the same batch records before it.
    fn wrongs(&self, founding: &Founding, taken: &Taken) -> Vec<Wrong> {
        let Founding { dossier, people, .. } = founding;
        let head = people.iter().find(|staged| staged.relation == Relation::Head).map_or(0, |staged| staged.row);
        let key = (dossier.dossier.system, dossier.dossier.number.clone());
        let mut wrongs = Vec::new();
        if self.dossiers.contains(&key) || taken.dossiers.contains(&key) {
            wrongs.push(wrong(head, "dossier_number", &DOSSIER_EXISTS));
        }
        let mut within = HashSet::new();
        for staged in people {
            let hash = hash_of(&staged.person.row);
            if taken.persons.contains(hash) || !within.insert(hash) {
                wrongs.push(wrong(staged.row, "identity_number", &PERSON_IN_HOUSEHOLD));
            }
            let Some(known) = self.persons.get(hash) else { continue };
            if known.erased_on.is_some() {
                wrongs.push(wrong(staged.row, "identity_number", &PERSON_ERASED));
            } else if known.name != staged.person.row.name {
                wrongs.push(name_differs(staged.row));
            }
            let elsewhere = |stay: &MemberRow| stay.member_to.is_none_or(|last| last >= staged.from);
            if self.stays.get(&known.id).is_some_and(|stays| stays.iter().any(elsewhere)) {
                wrongs.push(wrong(staged.row, "identity_number", &PERSON_IN_HOUSEHOLD));
            }
        }
        wrongs
    }
}

/// Whom and what a batch has recorded so far.
#[derive(Default)]
struct Taken {
    persons: HashSet<Vec<u8>>,
    dossiers: HashSet<(DossierSystem, String)>,
}

impl Taken {
    fn add(&mut self, founding: &Founding) {
        let dossier = &founding.dossier.dossier;
        self.dossiers.insert((dossier.system, dossier.number.clone()));
        self.persons.extend(founding.people.iter().map(|staged| hash_of(&staged.person.row).to_vec()));
    }
}

/// The rows of a batch.
#[derive(Default)]
struct Rows {
    persons: Vec<PersonRow>,
    accounts: Vec<AccountRow>,
    households: Vec<HouseholdRow>,
    stays: Vec<MemberRow>,
    dossiers: Vec<Dossier>,
    events: Vec<DossierEvent>,
    categories: Vec<CategorySpan>,
}

impl Rows {
    fn add(&mut self, tx: &Tx, known: &Registered, founding: Founding) -> Result<()> {
        let Founding { mut household, dossier, people } = founding;
        for staged in people {
            let PreparedPerson { row, accounts } = staged.person;
            let person = match known.persons.get(hash_of(&row)) {
                Some(person) => person.id,
                None => {
                    let id = row.id;
                    self.persons.push(row);
                    id
                }
            };
            let opened = payee_accounts::rows_of_person(tx, person, accounts)?;
            self.accounts.extend(opened.into_iter().filter(|account| {
                // Whoever is registered may have this account already.
                account.number_hash.as_ref().is_none_or(|hash| !known.accounts.contains(&(person, hash.clone())))
            }));
            if staged.relation == Relation::Head {
                household.head_person_id = person;
            }
            self.stays.push(MemberRow {
                federation_id: household.federation_id,
                id: MemberId::generate(),
                household_id: household.id,
                person_id: person,
                relation: staged.relation,
                member_from: staged.from,
                member_to: None,
            });
        }
        self.households.push(household);
        self.dossiers.push(dossier.dossier);
        self.events.extend(dossier.events);
        self.categories.extend(dossier.category);
        Ok(())
    }

    async fn write(self, tx: &mut Tx) -> Result<()> {
        persons::store::insert(tx, &self.persons).await?;
        payee_accounts::store::insert(tx, &self.accounts).await?;
        households::store::insert(tx, &self.households).await?;
        households::store::insert_members(tx, &self.stays).await?;
        dossiers::store::insert(tx, &self.dossiers).await?;
        dossiers::store::insert_events(tx, &self.events).await?;
        dossiers::store::insert_categories(tx, &self.categories).await
    }
}
