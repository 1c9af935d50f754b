//! Saying inputs to images and comparing the answers.

use crate::strip::ground::Ground;
use crate::strip::program::{Input, Program};
use e2e::{Said, ask};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take until it listens, and an answer until it is there.
const PATIENCE: Duration = Duration::from_secs(30);

/// In place of a status or an exit code, of a server that does not answer.
const UNREACHED: i32 = -1;

impl Ground {
    /// Strips a program's image with its probes, and says each held-out input to both.
    ///
    /// # Panics
    /// If an answer differs, with both answers and why each file is in the thin image.
    #[track_caller]
    pub(crate) fn strip(&self, program: &Program, size: &str) {
        self.build(program);
        let thin = format!("{}-{size}", program.name);
        let flags = program.flags();
        let mut arguments = vec!["strip", program.name, "-t", &thin, "--size", size, "--no-closure"];
        arguments.extend(flags.iter().map(String::as_str));
        self.takes_long(&arguments);
        let differences =
            differences(program, &self.answers(program, program.name), &self.answers(program, &thin));
        self.tell_sizes(program);
        if differences.is_empty() {
            return;
        }
        let why = self.engine.tare(["why", &thin]);
        panic!("{thin}: {}\n--- why\n{}{}", differences.join("\n"), why.out, why.err);
    }

    /// With the variable `TARE_SIZES`, a line of the table in docs/strip.md: what the images weigh.
    #[expect(clippy::print_stderr, reason = "shown with `--nocapture`, for whoever writes the table")]
    fn tell_sizes(&self, program: &Program) {
        if std::env::var_os("TARE_SIZES").is_none() {
            return;
        }
        let cells = ["strict", "safe"].map(|size| {
            let record = self.engine.path(&format!("{}-{size}.json", program.name)).display().to_string();
            let flags = program.flags();
            let mut arguments =
                vec!["strip", program.name, "-t", "sized", "--size", size, "--closure", &record];
            arguments.extend(flags.iter().map(String::as_str));
            let output = self.run(&arguments);
            if !output.status.success() {
                return [String::new(), String::from_utf8_lossy(&output.stderr).into_owned()];
            }
            let record: serde_json::Value = serde_json::from_slice(&std::fs::read(record).unwrap()).unwrap();
            ["fat", "thin"].map(|which| {
                let bytes = record[which]["bytes"].as_f64().unwrap_or_default();
                format!("{:.1}, {}", bytes / 1e6, record[which]["files"])
            })
        });
        let [[fat, strict], [_, safe]] = cells;
        eprintln!("SIZE | {} | {fat} | {strict} | {safe} |", program.name);
    }

    /// An image's answers to a program's inputs, in order. A server is started once for all requests.
    fn answers(&self, program: &Program, image: &str) -> Vec<Said> {
        let server = program.inputs().any(Input::is_request).then(|| Server::start(self, program, image));
        let ask_one = |input: &Input| match (input, &server) {
            (Input::Run(words), _) => self.answer(image, b"", words),
            (Input::Pipe(text, words), _) => self.answer(image, text.as_bytes(), words),
            (Input::Get(path), Some(server)) => {
                server.ask(&format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n"), true)
            }
            (Input::Send(text), Some(server)) => server.ask(text, false),
            (Input::Get(_) | Input::Send(_), None) => unreachable!("a request has a server"),
        };
        program.inputs().map(ask_one).collect()
    }

    fn answer(&self, image: &str, input: &[u8], words: &[&str]) -> Said {
        // a name that is the same each time, for programs that tell it
        let run = ["run", "--rm", "-i", "--network", "none", "--hostname", "proving-ground", image];
        ask(&mut self.engine.command([&run, words].concat()), input)
    }
}

/// How the answers of two images differ, and answers that no program can be judged by.
fn differences(program: &Program, fat: &[Said], thin: &[Said]) -> Vec<String> {
    let mut differences = Vec::new();
    for ((input, fat), thin) in program.inputs().zip(fat).zip(thin) {
        if is_void(fat) {
            differences.push(format!("{input:?}: the fat image has no answer: {fat:?}"));
        } else if fat != thin {
            differences.push(format!("{input:?}\n  fat  {fat:?}\n  thin {thin:?}"));
        }
    }
    differences
}

/// An answer that says nothing about the program, or that it is not there or was not reached.
fn is_void(said: &Said) -> bool {
    let is_ours = [125, 126, 127].contains(&said.code) && said.err.starts_with("tare");
    is_ours || said.code == UNREACHED || (said.out.is_empty() && said.err.is_empty())
}

/// A running container.
struct Server<'a> {
    ground: &'a Ground,
    id: String,
    address: String,
}

impl<'a> Server<'a> {
    fn start(ground: &'a Ground, program: &Program, image: &str) -> Self {
        let id = ground.engine.tare(["run", "-d", "--hostname", "proving-ground", image]).text();
        let template = "{{.NetworkSettings.Networks.bridge.IPAddress}}";
        let address = ground.engine.tare(["inspect", "-f", template, &id]).text();
        Self { ground, id, address: format!("{address}:{}", program.port) }
    }

    /// What comes back until the server closes the connection. Headers are about the server's time and version.
    fn ask(&self, request: &str, is_http: bool) -> Said {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.try_once(request);
            let is_late = Instant::now() > deadline;
            match answer {
                Ok(text) if is_http => return parse(&text),
                Ok(text) => return Said { code: 0, out: text, err: String::new() },
                Err(error) if is_late || !self.is_running() => {
                    let logs = self.ground.engine.tare(["logs", &self.id]);
                    return Said { code: UNREACHED, out: logs.out, err: format!("{error}\n{}", logs.err) };
                }
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    fn try_once(&self, request: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        if answer.is_empty() {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    fn is_running(&self) -> bool {
        self.ground.engine.tare(["inspect", "-f", "{{.State.Running}}", &self.id]).out.trim() == "true"
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        self.ground.engine.tare(["rm", "-f", "-v", &self.id]).ok();
    }
}

/// Of an answer: the status as code, the body, and the headers that say what it is.
fn parse(text: &str) -> Said {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let status = head.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(UNREACHED);
    let tells = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        ["content-type", "location", "content-encoding"].contains(&name.as_str())
    };
    let told: Vec<&str> = head.lines().filter(tells).collect();
    Said { code: status, out: format!("{}\n{body}", status), err: told.join("\n") }
}
