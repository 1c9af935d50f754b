//! What a program finds around it: its image's configuration.

/// What an image says of its command.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// The command, entry point and arguments in one.
    pub command: Vec<String>,
    /// Other commands that the image names: of health checks.
    pub further: Vec<Vec<String>>,
    /// The environment, `NAME=value`.
    pub environment: Vec<String>,
    /// The working directory; empty for `/`.
    pub directory: String,
    /// User and group as `USER` names them.
    pub user: String,
    /// Directories that are volumes.
    pub volumes: Vec<String>,
}

/// Where programs are looked for if the environment says nothing.
pub const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Setting {
    /// The value of a variable; the last one counts.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let values = self.environment.iter().rev().filter_map(|variable| variable.split_once('='));
        values.filter(|(other, _)| *other == name).map(|(_, value)| value).next()
    }

    /// The directories in which programs are looked for.
    pub fn search_path(&self) -> impl Iterator<Item = &str> {
        self.variable("PATH")
            .unwrap_or(SEARCH_PATH)
            .split(':')
            .map(|directory| if directory.is_empty() { "." } else { directory })
    }

    /// A path made absolute by the working directory.
    pub fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{}/{path}", self.directory.trim_matches('/'))
        }
    }
}
