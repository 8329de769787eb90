# SPDX-License-Identifier: Apache-2.0
"""GGUF vocabularies with their gold, from the source package of llama-cpp-python; kept in the cache."""
import os
import subprocess
import sys
import tarfile

CACHE = os.path.join(os.environ.get("MARTLET_CACHE", os.path.expanduser("~/.cache/martlet")), "prove")
PACKAGE = "llama_cpp_python-0.3.36"


def pip(*arguments):
    done = subprocess.run([sys.executable, "-m", "pip", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit("error: pip %s: %s" % (" ".join(arguments), done.stdout.decode(errors="replace").strip()[-300:]))


def vocabulary(name, *ends):
    """The path of `ggml-vocab-NAME.gguf`; `ends` are those of files beside it that are wanted too."""
    archive, folder = os.path.join(CACHE, PACKAGE + ".tar.gz"), os.path.join(CACHE, PACKAGE)
    wanted = ["ggml-vocab-%s.gguf%s" % (name, end) for end in ("", *ends)]
    os.makedirs(folder, exist_ok=True)
    if not all(os.path.isfile(os.path.join(folder, name)) for name in wanted):
        if not os.path.isfile(archive):
            pip("download", "--quiet", "--no-deps", "--no-binary", "llama-cpp-python", "--dest", CACHE,
                "llama-cpp-python==0.3.36")
        with tarfile.open(archive) as file:
            for name in wanted:
                member = file.extractfile(PACKAGE + "/vendor/llama.cpp/models/" + name)
                with open(os.path.join(folder, name), "wb") as target:
                    target.write(member.read())
    return os.path.join(folder, wanted[0])
