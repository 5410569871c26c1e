//! Isolation: which places of the reference refuse each refusal of the vectors. One is best: the
//! test then fails for a client that lacks exactly this check.

use crate::sites::Sites;
use crate::tree::{Tree, bounded};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// `overlaps.json`: the refusals that more than one place refuses, and those that cannot be taken
/// back, each with the reason why that has to be so.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Overlaps {
    groups: Vec<Group>,
}

/// What has one reason.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Group {
    reason: String,
    overlaps: Vec<Overlap>,
}

/// Refusals with the same first place.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Overlap {
    /// The place that refuses first.
    place: String,
    /// Whether some place leaves nothing to go on with.
    stuck: bool,
    tests: BTreeSet<String>,
}

/// The place that refuses first, and whether the refusal cannot be taken back.
type Place = (String, bool);

/// A place as the program in the copy reports it: file, line, what it refuses as.
type Site = (String, usize, String);

/// One line of that program.
#[derive(Debug, Deserialize)]
struct Line {
    name: String,
    end: String,
    sites: Vec<Site>,
    hard: Option<Site>,
}

/// A line as it is printed.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Printed {
    Begins { begins: String },
    Found(Line),
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) refusals: usize,
    pub(crate) isolating: usize,
    /// Test and all its places, in the order in which they refuse.
    overlaps: BTreeMap<Place, BTreeMap<String, Vec<String>>>,
    findings: Vec<String>,
}

/// Builds the copy with its switches and asks it about every refusal of the vectors in `folder`.
pub(crate) fn find(root: &Path, folder: &Path) -> Result<Found, String> {
    let sites = Sites::read(root)?;
    let tree = Tree::copy(root, "sites", |path, text| sites.switch(path, text))?;
    tree.add("reference/protocol/src/switch.rs", include_str!("../copy/site.rs"))?;
    tree.add("vectors/src/bin/quipu-isolate.rs", include_str!("../copy/isolate.rs"))?;
    let program = tree.build("quipu-vectors", "quipu-isolate")?;
    let ran = bounded(&program)
        .arg(folder)
        .output()
        .map_err(|error| format!("cannot run {}: {error}", program.display()))?;
    let lines = read(&String::from_utf8_lossy(&ran.stdout))
        .map_err(|error| format!("{}: {error}", program.display()))?;
    if !ran.status.success() {
        return Err(died(&lines, &String::from_utf8_lossy(&ran.stderr)));
    }
    let lines: Vec<Line> = lines.into_values().flatten().collect();
    let names = Names::new(&tree, &lines)?;
    let mut found = Found { refusals: lines.len(), ..Found::default() };
    for line in lines {
        let places: Vec<String> =
            line.sites.iter().chain(&line.hard).map(|site| names.of(site)).collect();
        match (line.end.as_str(), places.first()) {
            ("accepted", _) if places.len() == 1 => found.isolating += 1,
            (end @ ("accepted" | "stuck"), Some(first)) => {
                let place = (first.clone(), end == "stuck");
                found.overlaps.entry(place).or_default().insert(line.name, places);
            }
            (end, _) => {
                found.findings.push(format!("{}: {end} ({})", line.name, places.join(", ")));
            }
        }
    }
    Ok(found)
}

/// What the program has printed: for each refusal that it began, what it found.
fn read(text: &str) -> Result<BTreeMap<String, Option<Line>>, String> {
    let mut lines = BTreeMap::new();
    for text in text.lines() {
        match serde_json::from_str(text).map_err(|error| error.to_string())? {
            Printed::Begins { begins } => lines.insert(begins, None),
            Printed::Found(line) => lines.insert(line.name.clone(), Some(line)),
        };
    }
    Ok(lines)
}

/// The end of a program that did not come to its end: with too much memory, for example.
fn died(lines: &BTreeMap<String, Option<Line>>, error: &str) -> String {
    let open = lines.iter().filter(|(_, line)| line.is_none());
    let open: Vec<&str> = open.map(|(name, _)| name.as_str()).collect();
    format!("the copy with a check switched off died at {}: {}", open.join(" or "), error.trim())
}

impl Found {
    /// How many refusals more than one place refuses, and how many leave nothing to go on with.
    pub(crate) fn counts(&self) -> [usize; 2] {
        [false, true].map(|wanted| {
            let of = self.overlaps.iter().filter(|((_, stuck), _)| *stuck == wanted);
            of.map(|(_, tests)| tests.len()).sum()
        })
    }

    /// What is not as listed, as sentences.
    pub(crate) fn findings(&self, listed: &Overlaps) -> Vec<String> {
        let mut findings = self.findings.clone();
        let mut known = BTreeSet::new();
        for group in &listed.groups {
            for Overlap { place, stuck, tests } in &group.overlaps {
                if group.reason.is_empty() {
                    findings.push(format!("no reason is given for what {place} refuses first"));
                }
                let found = self.overlaps.get(&(place.clone(), *stuck));
                for name in tests {
                    known.insert(name);
                    if !found.is_some_and(|found| found.contains_key(name)) {
                        let how = if *stuck { "for good" } else { "beside others" };
                        findings.push(format!("{name} is listed as refused by {place} {how}"));
                    }
                }
            }
        }
        let found = self.overlaps.values().flatten().filter(|(name, _)| !known.contains(name));
        findings.extend(found.map(|(name, places)| {
            format!("{name} overlaps and is not listed: {}", places.join(", then "))
        }));
        findings
    }

    /// The list as it would have to be: with the reasons that are known, and without one where
    /// there is none.
    pub(crate) fn listed(&self, before: &Overlaps) -> Overlaps {
        let mut groups: BTreeMap<&str, Vec<Overlap>> = BTreeMap::new();
        for ((place, stuck), found) in &self.overlaps {
            let mut reasons: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
            for name in found.keys() {
                let reason = before.reason(place, *stuck, name);
                reasons.entry(reason).or_default().insert(name.clone());
            }
            for (reason, tests) in reasons {
                let overlap = Overlap { place: place.clone(), stuck: *stuck, tests };
                groups.entry(reason).or_default().push(overlap);
            }
        }
        let group = |(reason, overlaps): (&str, _)| Group { reason: reason.to_owned(), overlaps };
        Overlaps { groups: groups.into_iter().map(group).collect() }
    }
}

impl Overlaps {
    /// The reason that is listed for a test.
    fn reason(&self, place: &str, stuck: bool, name: &str) -> &str {
        let lists =
            |it: &Overlap| it.place == place && it.stuck == stuck && it.tests.contains(name);
        let group = self.groups.iter().find(|group| group.overlaps.iter().any(lists));
        group.map_or("", |group| &group.reason)
    }

    /// Reads `overlaps.json` of a repository.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let path = root.join("vectors/mutants/overlaps.json");
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        serde_json::from_str(&text)
            .map_err(|error| format!("{}, line {}: {error}", path.display(), error.line()))
    }
}

/// Names of places that do not change with every line of the source.
struct Names(BTreeMap<Site, String>);

impl Names {
    fn new(tree: &Tree, lines: &[Line]) -> Result<Self, String> {
        let sites: BTreeSet<&Site> =
            lines.iter().flat_map(|line| line.sites.iter().chain(&line.hard)).collect();
        let (mut names, mut used) = (BTreeMap::new(), BTreeMap::<String, usize>::new());
        for site in sites {
            let (file, line, what) = site;
            let function = function(&tree.read(file)?, *line);
            let file = file.trim_start_matches("reference/protocol/src/");
            let name = format!("{} {function}: {what}", file.trim_end_matches(".rs"));
            let count = used.entry(name.clone()).or_default();
            *count += 1;
            let name = if *count == 1 { name } else { format!("{name} ({count})") };
            names.insert(site.clone(), name);
        }
        Ok(Self(names))
    }

    fn of(&self, site: &Site) -> String {
        self.0.get(site).cloned().unwrap_or_default()
    }
}

/// The name of the function around a line of a source, counted from 1.
fn function(text: &str, line: usize) -> String {
    let before: Vec<&str> = text.lines().take(line).collect();
    let begins = before.iter().rev().find_map(|line| {
        let at = if line.trim_start().starts_with("fn ") {
            Some(line.find("fn ")?)
        } else {
            line.find(" fn ").map(|at| at + 1)
        };
        let name = &line[at? + 3..];
        Some(name[..name.find(['(', '<'])?].to_owned())
    });
    begins.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(overlaps: &[(&str, &[&str], bool)]) -> Found {
        let mut found = Found::default();
        for (name, places, stuck) in overlaps {
            let places: Vec<String> = places.iter().map(|it| (*it).to_owned()).collect();
            let of = found.overlaps.entry((places[0].clone(), *stuck)).or_default();
            of.insert((*name).to_owned(), places);
        }
        found
    }

    fn listed(overlaps: &[(&str, bool, &str)]) -> Overlaps {
        let overlaps = overlaps.iter().map(|(place, stuck, name)| {
            let (place, tests) = ((*place).to_owned(), BTreeSet::from([(*name).to_owned()]));
            Overlap { place, stuck: *stuck, tests }
        });
        Overlaps { groups: vec![Group { reason: "why".into(), overlaps: overlaps.collect() }] }
    }

    #[test]
    fn what_is_listed_as_it_is_found_is_fine() {
        let found = found(&[("a", &["x", "y"], false), ("b", &["z"], true)]);
        let listed = listed(&[("x", false, "a"), ("z", true, "b")]);
        assert_eq!(found.findings(&listed), Vec::<String>::new());
        assert_eq!(found.counts(), [1, 1]);
        let again = found.listed(&listed);
        assert_eq!(found.findings(&again), Vec::<String>::new());
    }

    #[test]
    fn an_overlap_that_is_not_listed_is_a_finding() {
        let found = found(&[("a", &["x", "y"], false)]);
        let text = found.findings(&Overlaps::default());
        assert_eq!(text, ["a overlaps and is not listed: x, then y"]);
        let text = found.findings(&found.listed(&Overlaps::default()));
        assert_eq!(text, ["no reason is given for what x refuses first"]);
    }

    #[test]
    fn a_listed_overlap_that_is_none_or_another_is_a_finding() {
        let text = found(&[]).findings(&listed(&[("x", false, "a")]));
        assert_eq!(text, ["a is listed as refused by x beside others"]);
        let text = found(&[("a", &["x"], true)]).findings(&listed(&[("x", false, "a")]));
        assert_eq!(text, ["a is listed as refused by x beside others"]);
    }

    #[test]
    fn a_program_that_dies_names_what_it_was_at() {
        let printed = "{\"begins\":\"a\"}\n{\"begins\":\"b\"}\n\
                       {\"name\":\"b\",\"end\":\"accepted\",\"sites\":[],\"hard\":null}\n";
        let lines = read(printed).expect("two kinds of lines");
        assert_eq!(lines["b"].as_ref().map(|it| it.end.as_str()), Some("accepted"));
        let expected =
            "the copy with a check switched off died at a: memory allocation of 9 bytes failed";
        assert_eq!(died(&lines, "memory allocation of 9 bytes failed\n"), expected);
    }

    #[test]
    fn places_have_the_name_of_their_function() {
        let text = "fn a() {\n x\n}\n    pub(crate) fn b<T>(t: T) {\n  y\n }";
        assert_eq!([2, 5].map(|line| function(text, line)), ["a", "b"]);
    }
}
