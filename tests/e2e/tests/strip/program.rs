//! What a program of the proving ground is.

/// The contexts of the images, one a program.
pub(crate) const CONTEXTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/programs");

/// A program in a fat image.
#[derive(Debug)]
pub(crate) struct Program {
    /// The image's name, and its context's.
    pub(crate) name: &'static str,
    /// Where it listens, if it is a server.
    pub(crate) port: u16,
    /// What it is traced with; nothing: its image's own command.
    pub(crate) probes: &'static [Input],
    /// What it is never traced with.
    pub(crate) held_out: &'static [Input],
}

/// Something to say to a program.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Input {
    /// Arguments of its image.
    Run(&'static [&'static str]),
    /// The same, with a text on standard input.
    Pipe(&'static str, &'static [&'static str]),
    /// A path to get over HTTP.
    Get(&'static str),
    /// Bytes for its port, after which it closes the connection.
    Send(&'static str),
}

impl Program {
    /// One that is run to its end.
    pub(crate) const fn new(
        name: &'static str,
        probes: &'static [Input],
        held_out: &'static [Input],
    ) -> Self {
        Self { name, port: 0, probes, held_out }
    }

    /// One that listens.
    pub(crate) const fn server(
        name: &'static str,
        port: u16,
        probes: &'static [Input],
        held_out: &'static [Input],
    ) -> Self {
        Self { name, port, probes, held_out }
    }

    /// The traced inputs and then the others.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &'static Input> {
        self.probes.iter().chain(self.held_out)
    }

    /// The flags that tell `tare strip` its probes.
    pub(crate) fn flags(&self) -> Vec<String> {
        self.probes.iter().flat_map(Input::flag).collect()
    }
}

impl Input {
    /// Whether a running server is asked.
    pub(crate) fn is_request(&self) -> bool {
        matches!(self, Self::Get(_) | Self::Send(_))
    }

    fn flag(&self) -> [String; 2] {
        match self {
            Self::Run(words) => ["--probe".to_owned(), quote(words)],
            Self::Get(path) => ["--probe-http".to_owned(), format!("GET:{path}")],
            Self::Pipe(..) | Self::Send(_) => panic!("{self:?} is no probe"),
        }
    }
}

/// A command line of these words, as a shell reads it.
fn quote(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
    quoted.join(" ")
}
