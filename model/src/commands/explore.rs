//! A model in a browser.

use std::net::{SocketAddr, TcpListener};

use super::Exit;

pub(crate) fn run(name: &str, address: SocketAddr) -> Result<Exit, String> {
    let model = quipu_model::models()
        .into_iter()
        .find(|model| model.subject.name() == name)
        .ok_or_else(|| format!("there is no model {name}; `quipu-model check --list` has them"))?;
    // The server panics when it cannot have the address: found out before it is started.
    TcpListener::bind(address)
        .map_err(|error| format!("cannot serve at {address}: {error}; --address takes another"))?;
    eprintln!("http://{address}  ({}; Ctrl-C ends it)", model.subject.bound());
    model.subject.explore(address);
    Ok(Exit::Holds)
}
