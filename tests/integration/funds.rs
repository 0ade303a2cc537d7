//! Fund sources, appropriations with lines, arrivals and standards.

use crate::support::run;

#[test]
fn the_builders_of_the_funds_build() {
    run(async |app| {
        let grant = app.appropriation(&[("帮扶", "266360"), ("送温暖", "376000")]).await;
        app.arrival(&grant.lines[0], "266360").await;
        app.standard(&grant.lines[1], "deep", "2000").await;
    });
}
