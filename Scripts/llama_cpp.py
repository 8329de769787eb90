# SPDX-License-Identifier: Apache-2.0
"""The peer that the engine is compared with: llama.cpp, from the source package of llama-cpp-python."""
import os
import subprocess
import sys
import tarfile

PEER = "llama-cpp-python==0.3.36"
SWITCHES = ["-DCMAKE_BUILD_TYPE=Release", "-DGGML_NATIVE=ON", "-DBUILD_SHARED_LIBS=OFF", "-DGGML_OPENMP=OFF",
            "-DLLAMA_OPENSSL=OFF", "-DLLAMA_BUILD_TESTS=OFF", "-DLLAMA_BUILD_EXAMPLES=OFF",
            "-DLLAMA_BUILD_SERVER=OFF", "-DLLAMA_BUILD_APP=OFF"]
WORK = os.path.join(os.environ.get("MARTLET_CACHE", os.path.expanduser("~/.cache/martlet")), "prove", "llama.cpp")


def call(*command, errors=None):
    print("+", " ".join(command), file=sys.stderr, flush=True)
    # A packager's fixed source date must not reach this build: its stamps would be older than its sources.
    environment = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"}
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=errors, text=True,
                          env=environment).stdout


def download(requirement, folder, *options):
    os.makedirs(folder, exist_ok=True)
    if not os.listdir(folder):
        call(sys.executable, "-m", "pip", "download", "--no-deps", *options, "--dest", folder, requirement)
    return os.path.join(folder, sorted(os.listdir(folder))[0])


def source(work):
    archive = download(PEER, os.path.join(work, "source-package"), "--no-binary", PEER.split("==")[0])
    with tarfile.open(archive) as tar:
        top = tar.getnames()[0].split("/")[0]
        if not os.path.isdir(os.path.join(work, top)):
            tar.extractall(work, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    return os.path.join(work, top, "vendor", "llama.cpp")


def build_targets(llama, folder, targets, jobs=str(os.cpu_count()), switches=()):
    """Builds programs or libraries of llama.cpp in Release for this processor; later switches win."""
    tools = "ON" if any(target.startswith("llama-") for target in targets) else "OFF"
    call("cmake", "-S", llama, "-B", folder, *SWITCHES, f"-DLLAMA_BUILD_TOOLS={tools}", *switches)
    call("cmake", "--build", folder, "--config", "Release", "-j", jobs, "--target", *targets)


def bench_program(amx=True):
    """llama.cpp's own `llama-bench`, built once; without its code for AMX where that is asked for."""
    folder = os.path.join(WORK, "llama-bench" if amx else "llama-bench-without-amx")
    program = os.path.join(folder, "bin", "llama-bench")
    if not os.path.exists(program):
        os.makedirs(WORK, exist_ok=True)
        # OpenMP as llama.cpp's own default has it; the reference's libraries are built without, to link with less.
        without = () if amx else ("-DCMAKE_C_FLAGS=-U__AMX_INT8__", "-DCMAKE_CXX_FLAGS=-U__AMX_INT8__")
        build_targets(source(WORK), folder, ["llama-bench"], switches=("-DGGML_OPENMP=ON", *without))
    return program
