# SPDX-License-Identifier: Apache-2.0
# The one configuration of all builds here: with another, everything is built anew. Sourced by the scripts beside it;
# `proving.BUILD` is the same for those in Python.
configuration=(-c release)
# Homebrew's libpq is not where pkg-config looks, so that macOS builds without.
if [ "$(uname -s)" = Linux ]; then configuration+=(--traits PostgreSQL); fi
