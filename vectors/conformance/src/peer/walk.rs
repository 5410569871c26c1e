//! Random walks: lines of the language of the live cases, drawn from a seed. What a line does is for
//! the reference to say; at the end the network is calm and both have to hear each other.

use crate::live::Dice;

/// How often, in 1000, what the network does with a packet is not to deliver it as it is.
#[derive(Debug, Clone, Copy)]
struct Weather {
    name: &'static str,
    comment: &'static str,
    damage: usize,
    late: usize,
    foreign: usize,
    /// How often time passes, a handshake begins, a device restarts.
    time: usize,
    init: usize,
    restart: usize,
    close: usize,
}

const CALM: Weather = Weather {
    name: "order",
    comment: "A walk: packets arrive in any order.",
    damage: 0,
    late: 500,
    foreign: 0,
    time: 40,
    init: 20,
    restart: 0,
    close: 0,
};

const WEATHERS: [Weather; 5] = [
    CALM,
    Weather {
        name: "hostile",
        comment: "A walk: packets are damaged, repeated and attributed to others.",
        damage: 250,
        foreign: 100,
        ..CALM
    },
    Weather {
        name: "handshakes",
        comment: "A walk: handshakes cross and pile up.",
        init: 200,
        ..CALM
    },
    Weather {
        name: "restarts",
        comment: "A walk: devices restart and time passes.",
        restart: 80,
        time: 100,
        init: 60,
        ..CALM
    },
    Weather {
        name: "storm",
        comment: "A walk: everything at once.",
        damage: 150,
        foreign: 50,
        time: 80,
        init: 80,
        restart: 40,
        close: 10,
        ..CALM
    },
];

/// Walks of each weather.
const WALKS: u64 = 4;
/// Lines of a walk, before the calm.
const LINES: usize = 160;
const WAITS: [&str; 8] = ["1", "700", "2s", "6s", "18s", "61s", "6m", "1d"];
const DAMAGE: [&str; 8] = [
    "flip tag",
    "flip mac",
    "cut-end",
    "extend",
    "flip version",
    "flip type",
    "keep 4",
    "flip sealed",
];

/// A walk: its name, what it is about, its lines.
#[derive(Debug)]
pub(crate) struct Walk {
    pub(crate) name: String,
    pub(crate) comment: &'static str,
    pub(crate) prepared: bool,
    pub(crate) lines: Vec<String>,
}

/// Every walk of a seed; those of the profile `prepared` also use prekeys.
pub(crate) fn walks(seed: u64) -> Vec<Walk> {
    let mut walks = Vec::new();
    for (index, weather) in (0_u64..).zip(WEATHERS) {
        for number in 0..WALKS {
            for prepared in [false, true] {
                let own = seed.wrapping_mul(0x1_0001).wrapping_add(index * 64 + number * 2);
                let dice = Dice::new(own + u64::from(prepared));
                let tag = if prepared { "-prepared" } else { "" };
                walks.push(Walk {
                    name: format!("walk-{}{tag}-{}", weather.name, number + 1),
                    comment: weather.comment,
                    prepared,
                    lines: Walker { dice, weather, prepared, packets: Vec::new() }.walk(),
                });
            }
        }
    }
    walks
}

/// Who walks: the packets made so far, with the device that each is for.
struct Walker {
    dice: Dice,
    weather: Weather,
    prepared: bool,
    packets: Vec<&'static str>,
}

impl Walker {
    fn walk(mut self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.prepared {
            lines.extend(["ada prekeys 3".to_owned(), "bob prekeys 3".to_owned()]);
        }
        lines.push("meet ada bob".to_owned());
        for _ in 0..LINES {
            let line = self.line();
            lines.push(line);
        }
        lines.extend(["wait 8d", "! meet ada bob", "! talk ada bob"].map(str::to_owned));
        lines
    }

    fn pair(&mut self) -> (&'static str, &'static str) {
        let devices = ["ada", "bob", "carol"];
        match self.dice.below(10) {
            0..4 => ("ada", "bob"),
            4..8 => ("bob", "ada"),
            other => {
                let one = devices[other % 2];
                (one, devices[2])
            }
        }
    }

    /// A name for the next packet, which is for a device.
    fn name(&mut self, to: &'static str) -> String {
        self.packets.push(to);
        format!("p{}", self.packets.len() - 1)
    }

    fn line(&mut self) -> String {
        let Weather { time, init, restart, close, .. } = self.weather;
        let mut roll = self.dice.below(1000);
        let mut falls = |share: usize| {
            let falls = roll < share;
            roll = if falls { usize::MAX } else { roll.saturating_sub(share) };
            falls
        };
        if falls(time) {
            return format!("wait {}", WAITS[self.dice.below(WAITS.len())]);
        }
        if falls(restart) {
            let who = ["ada", "bob"][self.dice.below(2)];
            return format!("{who} restarts{}", if self.dice.chance(200) { " bare" } else { "" });
        }
        let (acts, closes) = ((falls(init), falls(60), falls(40)), falls(close));
        let says = falls(330);
        let (from, to) = self.pair();
        if acts.0 {
            if self.prepared && to != "carol" && self.dice.chance(400) {
                return format!("{from} prepares {to}");
            }
            return format!("{from} init {to} as {}", self.name(to));
        }
        if acts.1 {
            return format!("{from} acks {to} as {}", self.name(to));
        }
        if acts.2 {
            return format!("{from} due as {}", self.name(to));
        }
        if closes {
            return format!("{from} closes {to} as {}", self.name(to));
        }
        if says || self.packets.is_empty() {
            let length = [0, 5, 40, 59, 300][self.dice.below(5)];
            return format!("{from} says {to} {length} bytes as {}", self.name(to));
        }
        self.delivery()
    }

    /// The network hands a packet to somebody.
    fn delivery(&mut self) -> String {
        let last = self.packets.len();
        let back = if self.dice.chance(self.weather.late) { 30 } else { 3 };
        let index = last - 1 - self.dice.below(back.min(last));
        let mut who = self.packets[index];
        if self.dice.chance(self.weather.foreign) {
            who = ["ada", "bob", "carol"][self.dice.below(3)];
        }
        let mut line = format!("{who} gets p{index}");
        if self.dice.chance(self.weather.damage) {
            line += &format!(" {}", DAMAGE[self.dice.below(DAMAGE.len())]);
        }
        if self.dice.chance(self.weather.foreign) {
            line += [" from carol", " from nobody"][self.dice.below(2)];
        }
        let back = ["ada", "bob", "carol"][self.dice.below(3)];
        let back = if who == back { "bob" } else { back };
        line + &format!(" as {}", self.name(back))
    }
}

/// Lines without which a walk still fails in the same way: taken out as long as it does.
pub(crate) fn shrink<E>(
    lines: &[String],
    most: usize,
    mut fails: impl FnMut(&[String]) -> Result<bool, E>,
) -> Result<Vec<String>, E> {
    let mut lines = lines.to_vec();
    let (mut size, mut tries) = (lines.len() / 2, 0);
    while size > 0 && tries < most {
        let mut at = 0;
        let mut shorter = false;
        while at < lines.len() && tries < most {
            let end = (at + size).min(lines.len());
            let fewer = [&lines[..at], &lines[end..]].concat();
            tries += 1;
            if fails(&fewer)? {
                lines = fewer;
                shorter = true;
            } else {
                at = end;
            }
        }
        if !shorter || size > 1 {
            size /= 2;
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::{shrink, walks};
    use core::convert::Infallible;

    #[test]
    fn a_walk_follows_from_its_seed() {
        let lines = |seed| walks(seed).into_iter().flat_map(|walk| walk.lines).collect::<Vec<_>>();
        assert_eq!(lines(1), lines(1));
        assert_ne!(lines(1), lines(2));
    }

    #[test]
    fn what_is_not_needed_for_a_failure_goes() {
        let all: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        let both = |lines: &[String]| {
            Ok::<_, Infallible>(["17", "83"].iter().all(|it| lines.iter().any(|line| line == it)))
        };
        assert_eq!(shrink(&all, 1_000, both), Ok(vec!["17".to_owned(), "83".to_owned()]));
    }
}
