# SPDX-License-Identifier: Apache-2.0
"""The Debian handbook as a knowledge base: fetched once, taken in once, kept beside the models."""
import glob
import json
import os
import shutil
import sqlite3
import subprocess
import sys

from proving import martlet

PACKAGE = "debian-handbook"
CACHE = os.path.join(os.environ.get("MARTLET_CACHE", os.path.expanduser("~/.cache/martlet")), "prove", "handbook")
QUOTE = 900  # characters of a citation, at most


def download():
    """Whether the package's archive could be fetched."""
    return subprocess.run(["apt-get", "-qq", "download", PACKAGE], cwd=CACHE, stdout=sys.stderr).returncode == 0


def pages(language):
    """The folder of the book's pages in a language, such as `en-US`; the package is fetched by name, never shipped."""
    folder = os.path.join(CACHE, "package", "usr", "share", "doc", PACKAGE, "html", language)
    if not os.path.isdir(folder):
        os.makedirs(CACHE, exist_ok=True)
        if not shutil.which("apt-get"):
            sys.exit(f"error: the handbook is Debian's package {PACKAGE}, and there is no apt-get to fetch it with")
        if not glob.glob(os.path.join(CACHE, PACKAGE + "*.deb")) and not download():
            # Where no list of packages is yet, or an old one; only root may renew it.
            subprocess.run(["apt-get", "-qq", "update"], stdout=sys.stderr)
            if not download():
                sys.exit(f"error: `apt-get download {PACKAGE}` failed; run `apt-get update` as root and this again")
        archive = sorted(glob.glob(os.path.join(CACHE, PACKAGE + "*.deb")))[-1]
        subprocess.run(["dpkg-deb", "-x", archive, os.path.join(CACHE, "package")], check=True)
    return folder


class Book:
    """The pages of a language in a knowledge base of their own; again later only what changed is taken in."""

    def __init__(self, language, names=None):
        self.folder, self.base = pages(language), "handbook-" + language
        everything = sorted(os.path.basename(page) for page in glob.glob(os.path.join(self.folder, "*.html")))
        self.names = sorted(names) if names else everything
        self.home = os.path.join(CACHE, "home" if not names else "home-short")
        self.places = ("--kb", self.base, "--home", self.home)
        paths = [os.path.join(self.folder, name) for name in self.names]
        print(f"takes in {len(paths)} pages of the handbook, {language}", file=sys.stderr, flush=True)
        self.report = json.loads(martlet("kb", "add", "--yes", "--json", *self.places, "--", *paths, timeout=3600))
        self.texts = {}

    def size(self):
        """Bytes of the knowledge base."""
        return os.path.getsize(os.path.join(self.home, "knowledge", self.base + ".sqlite"))

    def text(self, page):
        """A page's extracted text."""
        page = os.path.basename(page)
        if page not in self.texts:
            self.texts[page] = martlet("kb", "show", "--text", *self.places, "--", os.path.join(self.folder, page))
        return self.texts[page]

    def search(self, questions, mode, top):
        """Ranked passages for each question."""
        path = os.path.join(self.home, "questions.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(" ".join(question.split()) + "\n" for question in questions))
        lines = martlet("kb", "search", "--queries", path, "--mode", mode, "--top", top, *self.places)
        return [json.loads(line) for line in lines.splitlines()]

    def passages(self):
        """All passages, in order: page, start, end, text, headings."""
        database = sqlite3.connect(os.path.join(self.home, "knowledge", self.base + ".sqlite"))
        rows = database.execute('SELECT document.name, start, "end", text, headings FROM passage '
                                "JOIN document ON document.id = passage.document ORDER BY document.name, ordinal")
        return [{"document": name, "start": start, "end": end, "text": text, "headings": headings.split("\n") if headings else []}
                for name, start, end, text, headings in rows]

    def overlaps(self, citation, question):
        """Whether a passage or citation touches the span that answers a question."""
        if os.path.basename(citation["document"]) != question["page"]:
            return False
        start = self.text(question["page"]).index(question["span"])
        return citation["start"] < start + len(question["span"]) and citation["end"] > start


def normal(text):
    """Case and spaces do not matter when a gold string is looked for."""
    return " ".join(text.casefold().split())


def counts(book, question, answer, citations):
    """The one rule: the gold string in the answer; at most two citations of at most 900 characters, one at the span."""
    return (normal(question["gold"]) in normal(answer) and len(citations) <= 2
            and all(citation["end"] - citation["start"] <= QUOTE for citation in citations)
            and any(book.overlaps(citation, question) for citation in citations))
