# SPDX-License-Identifier: Apache-2.0
"""What the proofs in prove.d share: the executable, its models, and a table of figures with a verdict."""
import json
import os
import shutil
import subprocess
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
# The one configuration of all builds here, as in configuration.sh.
CONFIGURATION = ["-c", "release", *(["--traits", "PostgreSQL"] if sys.platform == "linux" else [])]
FIXTURES = os.path.join(ROOT, "Tests", "Fixtures")
MARTLET = os.environ.get("MARTLET", os.path.join(ROOT, ".build", "release", "martlet"))
CHAT_MODEL, EMBEDDER = "smollm2-135m-instruct", "all-minilm-l6-v2"
QWEN = "qwen2.5-coder-0.5b-instruct"


def short_form():
    """Whether `--short` was given; anything else on the command line is an error."""
    others = [argument for argument in sys.argv[1:] if argument != "--short"]
    if others:
        sys.exit(f"error: {os.path.basename(sys.argv[0])} takes no {others[0]}; it takes --short")
    return "--short" in sys.argv[1:]


def martlet(*arguments, environment=None, timeout=900):
    """What `martlet` prints; ends the proof with its error line where it fails."""
    try:
        done = subprocess.run([MARTLET, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={**os.environ, **(environment or {})}, timeout=timeout)
    except OSError as error:
        sys.exit(f"error: cannot run {MARTLET}: {error.strerror}; build it (Scripts/demo), or name it in MARTLET")
    except subprocess.TimeoutExpired:
        sys.exit(f"error: `martlet {arguments[0]}` had not ended after {timeout} seconds")
    if done.returncode:
        sys.exit(f"error: `martlet {arguments[0]}` ended with {done.returncode}: "
                 f"{done.stderr.decode(errors='replace').strip()[-300:]}")
    return done.stdout.decode()


def built(product):
    """The path of one of the package's programs, built."""
    build = ["swift", "build", *CONFIGURATION]
    if subprocess.run([*build, "--product", product], cwd=ROOT, stdout=sys.stderr).returncode:
        sys.exit(f"error: {product} does not build")
    folder = subprocess.run([*build, "--show-bin-path"], check=True, cwd=ROOT, stdout=subprocess.PIPE).stdout
    return os.path.join(folder.decode().strip(), product)


def pull(model):
    """The path of a catalog model, fetched if it is not here yet."""
    martlet("models", "pull", model, "--yes", timeout=3600)
    return json.loads(martlet("models", "show", model, "--json"))["path"]


def need(**packages):
    """Installs with apt-get the packages (program=package) whose programs are not there; needs root for that."""
    missing = [package for program, package in packages.items() if not shutil.which(program)]
    if not missing:
        return
    if not shutil.which("apt-get") or os.geteuid() != 0:
        sys.exit(f"error: this needs {' '.join(missing)}; install it and run this again")
    print(f"installs with apt-get: {' '.join(missing)}", file=sys.stderr)
    for command in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
        subprocess.run(["apt-get", "-qq", *command], check=True, stdout=sys.stderr, stdin=subprocess.DEVNULL,
                       env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def processor():
    """The processor's name and how many cores this process may use."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        name = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    return f"{name}, {len(os.sched_getaffinity(0))} cores"


def ids_text(ids):
    return ",".join(map(str, ids))


class Figures:
    """Rows of a table: what was measured, the figure, what it must be, and whether it is."""

    def __init__(self):
        self.rows, self.held = [], True

    def add(self, what, figure, must, holds):
        self.rows.append((what, str(figure), must, "ok" if holds else "FAIL"))
        self.held = self.held and bool(holds)

    def close(self):
        """Prints the table and ends the proof: 0 if every line held."""
        widths = [max(len(row[column]) for row in self.rows) for column in range(4)]
        for row in self.rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
        sys.exit(0 if self.held and self.rows else 1)
