//! The table against chapter 11.2.

use super::{cells, markdown};

#[test]
fn every_cell_says_what_the_specification_says() {
    let begun = std::time::Instant::now();
    let cells = cells();
    println!("{}", markdown(&cells));
    println!("{} cells in {:?}", cells.len(), begun.elapsed());
    println!("max states {:?}", cells.iter().map(|cell| cell.states).max());
    for cell in cells.iter().filter(|cell| cell.claimed_and_broken()) {
        println!(
            "BROKEN {} {} {} {} {}\n{}",
            cell.handshake,
            cell.suite,
            cell.role,
            cell.scenario,
            cell.property,
            cell.attack.clone().unwrap().join("\n")
        );
    }
    for cell in cells.iter().filter(|cell| cell.kept_and_not_claimed()) {
        println!(
            "KEPT {} {} {} {} {}",
            cell.handshake, cell.suite, cell.role, cell.scenario, cell.property
        );
    }
    assert!(cells.len() >= 200);
}
