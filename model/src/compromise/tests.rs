//! The table against chapter 11.2.

use super::{cells, markdown};

#[test]
fn nothing_that_the_specification_claims_is_broken() {
    let cells = cells();
    assert!(cells.len() >= 200);
    for cell in &cells {
        assert!(!cell.claimed_and_broken(), "{cell:?}");
    }
    // The first chain needs X25519(RA, RB) too: bodies stay secret where `hs` falls.
    let kept: Vec<_> = cells.iter().filter(|cell| cell.kept_and_not_claimed()).collect();
    assert_eq!(kept.len(), 10, "{kept:#?}");
    assert!(kept.iter().all(|cell| cell.scenario.starts_with("EK_I") && cell.suite > 0));
    assert_eq!(markdown(&cells).matches("###").count(), 8);
}
