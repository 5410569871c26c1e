//! The badge: one small SVG that says what a run has shown, and no more.

use crate::outcome::Outcome;

/// The badge of a run. Green is for conformant runs alone: a filter, an expected or a stale failure
/// gives another colour.
pub(crate) fn write(outcome: &Outcome) -> String {
    let colour = match outcome.verdict {
        "conformant" => "#17663a",
        "incomplete" => "#7a5200",
        _ => "#a3122b",
    };
    let left = format!("Quipu {}", outcome.profiles.join("+"));
    let count = format!("{} of {}", outcome.passed, outcome.total);
    let right = format!("{}, {count}, suite {}", outcome.verdict, outcome.version);
    let (first, second) = (wide(&left), wide(&right));
    let whole = first + second;
    let (left, right) = (escape(&left), escape(&right));
    let title = escape(&format!("{}: {}, {count}", outcome.implementation, outcome.verdict));
    let text = |at: usize, text: &str| {
        let middle = at / 2;
        format!("<text x=\"{middle}\" y=\"14\">{text}</text>\n")
    };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"20\" role=\"img\" aria-label=\"{title}\">\n"
    );
    out += &format!("<title>{title}</title>\n");
    out += &format!(
        "<clipPath id=\"round\"><rect width=\"{whole}\" height=\"20\" rx=\"3\"/></clipPath>\n"
    );
    out += "<g clip-path=\"url(#round)\">\n";
    out += &format!("<rect width=\"{first}\" height=\"20\" fill=\"#3b3936\"/>\n");
    out += &format!(
        "<rect x=\"{first}\" width=\"{second}\" height=\"20\" fill=\"{colour}\"/>\n</g>\n"
    );
    out += "<g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana, DejaVu Sans, sans-serif\" font-size=\"11\">\n";
    out += &text(first, &left);
    out += &text(2 * first + second, &right);
    out + "</g>\n</svg>\n"
}

/// The width of a text: the letters of these fonts are 7 wide on average.
fn wide(text: &str) -> usize {
    12 + 7 * text.chars().count()
}

fn escape(text: &str) -> String {
    let text: String = text.chars().filter(|letter| !letter.is_control()).collect();
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;")
}
