//! The table against chapter 11.2.

use super::{cells, markdown};

#[test]
fn nothing_that_the_specification_claims_is_broken() {
    let cells = cells();
    assert!(cells.len() >= 200);
    for cell in &cells {
        assert!(!cell.claimed_and_broken(), "{cell:?}");
    }
    // The secret of ML-KEM is in every key of suite 0x0002, which 11.2 does not say in that row.
    let kept: Vec<_> = cells.iter().filter(|cell| cell.kept_and_not_claimed()).collect();
    assert_eq!(kept.len(), 4, "{kept:#?}");
    assert!(kept.iter().all(|cell| cell.scenario.starts_with("EK_I") && cell.suite == 2));
    assert_eq!(markdown(&cells).matches("###").count(), 8);
}
