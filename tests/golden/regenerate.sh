#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Write tests/golden/expected anew from what the program says now. Read the difference before you
# commit it: each changed line is a change of behaviour. Needs root.
set -eu
cd "$(dirname "$0")/../.."
. tests/system/tap.sh
. tests/system/world.sh
. tests/golden/lib.sh

enter_world
make_captures
replay_into golden
write_answers golden tests/golden/expected
