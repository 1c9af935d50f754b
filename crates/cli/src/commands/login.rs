//! `tare login`.

use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use crate::terminal;
use crate::{confirm, registries};
use registry::credentials::{Kept, Keyring};
use registry::{Client, Secret};
use std::io::{Read, Write};

/// The longest password that is read, in bytes.
const LONGEST: u64 = 64 << 10;

/// Arguments of `login`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// User name
    #[arg(short, long, value_name = "NAME")]
    username: Option<String>,
    /// Password or token; others see it in the list of processes
    #[arg(short, long, value_name = "TEXT")]
    password: Option<String>,
    /// Take the password from standard input
    #[arg(long)]
    password_stdin: bool,
    /// Registry (docker.io by default)
    #[arg(value_name = "SERVER")]
    server: Option<String>,
}

pub(crate) fn run(_: &Globals, arguments: Arguments) -> Outcome {
    if arguments.password.is_some() && arguments.password_stdin {
        return Err(Failure::usage("--password and --password-stdin are mutually exclusive"));
    }
    if arguments.password_stdin && arguments.username.is_none() {
        return Err(Failure::usage("the --password-stdin option requires --username to be set"));
    }
    if arguments.password.is_some() {
        say!("WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
    }
    let host = host(arguments.server.as_deref());
    let keyring = registries::keyring();
    let client = registries::client();
    let (user, password) = match asked(&arguments, &client, &keyring, &host)? {
        Asked::Known => return succeeded(),
        Asked::Given(user, password) => (user, password),
    };
    if user.is_empty() || password.is_empty() {
        let what = if user.is_empty() { "username" } else { "password" };
        return Err(Failure::new(format!("{what} is empty")));
    }
    let secret = client.login(&host, &user, &password).map_err(failed)?;
    let secret = match secret {
        // the name belongs to what is kept, for people who look
        Secret::Password { .. } => Secret::Password { user, password },
        other => other,
    };
    if let Kept::File(path) = keyring.keep(&host, &secret).map_err(failed)? {
        say!(
            "\nWARNING! Your credentials are stored unencrypted in '{}'.\nConfigure a credential helper (\"credsStore\" in that file) to remove this warning.\n",
            path.display()
        );
    }
    succeeded()
}

fn succeeded() -> Outcome {
    writeln!(std::io::stdout(), "Login Succeeded")?;
    Ok(0)
}

/// Where name and password come from.
enum Asked {
    /// The registry has just taken those that are kept.
    Known,
    /// Name and password.
    Given(String, String),
}

fn asked(arguments: &Arguments, client: &Client, keyring: &Keyring, host: &str) -> Outcome<Asked> {
    if arguments.username.is_none()
        && arguments.password.is_none()
        && let Some(Secret::Password { user, password }) = keyring.find(host, "").map_err(failed)?
    {
        writeln!(std::io::stdout(), "Authenticating with existing credentials...")?;
        if client.login(host, &user, &password).is_ok() {
            return Ok(Asked::Known);
        }
        say!("Login did not succeed with them");
    }
    let is_terminal = terminal::input_is_terminal();
    if !is_terminal
        && !arguments.password_stdin
        && (arguments.username.is_none() || arguments.password.is_none())
    {
        return Err(Failure::new(
            "cannot perform an interactive login from a non TTY device: give --username and --password-stdin",
        ));
    }
    let user = match &arguments.username {
        Some(user) => user.clone(),
        None => confirm::line("Username: ")?,
    };
    let password = match &arguments.password {
        Some(password) => password.clone(),
        None if arguments.password_stdin => {
            let mut text = String::new();
            std::io::stdin().lock().take(LONGEST).read_to_string(&mut text)?;
            text.trim_end_matches(['\n', '\r']).to_owned()
        }
        None => {
            let silent = terminal::OtherMode::silent();
            let password = confirm::line("Password: ")?;
            drop(silent);
            writeln!(std::io::stdout())?;
            password
        }
    };
    Ok(Asked::Given(user, password))
}

/// The registry that an argument names: people copy addresses from their browsers.
pub(super) fn host(server: Option<&str>) -> String {
    let text = server.unwrap_or("docker.io");
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = text.split('/').next().unwrap_or(text);
    match host {
        "index.docker.io" | "registry-1.docker.io" | "registry.hub.docker.com" | "hub.docker.com" => {
            "docker.io".into()
        }
        host => host.to_owned(),
    }
}

pub(super) fn failed(error: registry::Error) -> Failure {
    let text = match &error {
        registry::Error::Denied { host, reason, .. } => format!("login to {host} failed: {reason}"),
        other => other.to_string(),
    };
    Failure::new(text)
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn servers() {
        for (given, expected) in [
            (None, "docker.io"),
            (Some("https://index.docker.io/v1/"), "docker.io"),
            (Some("https://registry.example:5000/v2/"), "registry.example:5000"),
            (Some("ghcr.io"), "ghcr.io"),
        ] {
            assert_eq!(host(given), expected);
        }
    }
}
