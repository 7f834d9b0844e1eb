#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# teiten top and teiten events at a terminal: what the screen shows is what the history holds, at any
# size; keys, resizes and stops do what they should; and whatever ends it, the terminal is as before.
# Needs root for the replay.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh

enter_world
command -v tmux >/dev/null || skip_all "tmux is missing: NOT tested"

# Three quiet days, then an hour in which one port rises.
$generator --print-geo >$work/geo.csv
$generator --pcap $work/1.pcap --seed 21 --rate 0.2 --counts $work/1.tsv \
	--from 2026-03-01 --to 2026-03-04
$generator --pcap $work/2.pcap --seed 22 --rate 0.2 --counts $work/2.tsv \
	--from 2026-03-04 --to 2026-03-04T01:00:00Z --attack port:5000:BR:20
# A name that turns the direction of writing, and one of the other set of control characters.
printf '[sensor]\nname = 観測\342\200\256\302\23331m点\n' >$work/conf
is "the replay succeeds" "$($teiten replay -c $work/conf --geo $work/geo.csv --state $work/state \
	$work/1.pcap $work/2.pcap >$work/replayed 2>&1; echo $?)" 0
[ -e $work/state/history.db ] || done_testing
chmod 755 $work/state

# -- Without a terminal ----------------------------------------------------------------------------

hour="--from 2026-03-04T00:00:00Z --bin all"
top="$teiten top -c $work/conf --state $work/state"
# first_ports: port, packets of the first five rows of top.
first_ports() { awk '/^port / { on = 1; next } /^$/ { on = 0 } on { print $1, $2 }' | head -n 5; }
# shellcheck disable=SC2086 # options
queried=$(ask state ports $hour | sort -t, -k4,4nr -k2,3 | head -n 1 |
	awk -F, '{ print $3 "/" $2, $4 }')
$top | cat >$work/once
is "the busiest port of the last hour is the one of query" \
	"$(first_ports <$work/once | head -n 1 | tr -d ,)" "$queried"
claim "it is the attacked one, and new" grep -q "^5000/tcp .* new " $work/once
claim "its incident is open" grep -q "5000/tcp" $work/once
is "nothing in it drives a terminal" "$(LC_ALL=C tr -d '\n -~\200-\377' <$work/once)" ""
$top --json >$work/json
# shellcheck disable=SC2016 # perl's own $
is "JSON has the same packets, ports and sum" "$(perl -MJSON::PP -e 'undef $/; my $v = decode_json(<STDIN>);
	my $sum = 0; $sum += $_ for values %{$v->{ledger}}; my $p = $v->{ports}[0];
	print "$p->{port}/$p->{proto} $p->{packets} ", $sum == $v->{packets} ? "sums" : "differs"' \
	<$work/json)" "$queried sums"
packets_over() { $top --over "$1" --json | perl -MJSON::PP -0777 -ne 'print decode_json($_)->{packets}'; }
packets_from() { ask state ledger --from "$1" --bin all | awk -F, '{ sum += $3 } END { print sum }'; }
is "over a minute it is the last one" "$(packets_over minute)" "$(packets_from 2026-03-04T00:59:00Z)"
is "over a day the last 1,440" "$(packets_over day)" "$(packets_from 2026-03-03T01:00:00Z)"
is "another window is none" "$($top --over week 2>&1 | grep -c "'week' is not one of")" 1
is "an ordinary user sees the same" \
	"$(setpriv --reuid 65534 --clear-groups $top --once 2>&1 | tail -n +2)" \
	"$(tail -n +2 $work/once)"
is "a dumb terminal gets text" "$(TERM=dumb script -qec "$top" /dev/null | tr -d '\r' |
	grep -c "$(printf '\033')")" 0
is "without history and pins it says what to do" "$($teiten top --state $work/none 2>&1 |
	grep -c -- --state)" 1

# -- At a terminal ---------------------------------------------------------------------------------

tmux="tmux -L teiten-test-$$ -f /dev/null"
export LC_ALL=C.UTF-8
trap '$tmux kill-server 2>/dev/null' EXIT
# screen: what the terminal shows.
screen() { $tmux capture-pane -p -t test; }
# The state of the terminal that top must give back: its settings, cursor, alternate screen.
terminal_state() {
	$tmux display-message -p -t test 'cursor #{cursor_flag} alternate #{alternate_on} wrap #{wrap_flag}'
	stty -a -F "$tty"
}
# shows TEXT: waits until the screen has a line that matches.
shows() {
	for _ in $(seq 60); do
		screen | grep -q -e "$1" && return 0
		sleep 0.05
	done
	screen | sed 's/^/# /'
	return 1
}
# start_top: in a shell of its own, whose prompt tells when it has ended.
start_top() {
	$tmux send-keys -t test "clear; $top; echo \"ended \$?\"" Enter
	shows "^teiten "
}
top_process() { pgrep -P "$shell" -x teiten; }

$tmux new-session -d -s test -x 80 -y 24 "PS1='> ' exec dash"
shell=$($tmux display-message -p -t test '#{pane_pid}')
tty=$($tmux display-message -p -t test '#{pane_tty}')
shows "^>"
before=$(terminal_state)

claim "top takes the screen" start_top
is "its ports are those of query" "$(screen | first_ports | head -n 1 | tr -d ,)" "$queried"
claim "the sensor's name is shown, without what would drive the terminal" \
	shows "^teiten 観測??31m点  "
is "24 lines are used, none is wrapped" "$(screen | grep -c "q quit")" 1
claim "the last line tells the keys" sh -c "$tmux capture-pane -p -t test | tail -n 1 | grep -q '^q quit'"
is "the cursor is hidden, the screen is another" "$(terminal_state | head -n 1)" \
	"cursor 0 alternate 1 wrap 0"
$tmux send-keys -t test d
claim "d shows the last day" shows "in the last day"
$tmux send-keys -t test m
claim "m shows the last minute" shows "in the last minute"
$tmux send-keys -t test x h
claim "h shows the last hour, and another key nothing" shows "in the last hour"
$tmux resize-window -t test -x 120 -y 40
claim "a wide terminal has the ledger beside the ports" shows "from  *class  *packets share"
$tmux resize-window -t test -x 40 -y 12
claim "a small one has the first ports" shows "^5000/tcp .* new$"
claim "and still the keys" shows "^q quit"
$tmux resize-window -t test -x 80 -y 24
claim "and it grows again" shows "from$"
$tmux send-keys -t test q
claim "q ends it with exit status 0" shows "^ended 0"
is "and the terminal is as before" "$(terminal_state)" "$before"
is "with the screen of before" "$(screen | grep -c '^5000/tcp')" 0

start_top
$tmux send-keys -t test C-c
claim "Ctrl-C ends it in order" shows "^ended 0"
is "and the terminal is as before" "$(terminal_state)" "$before"

for signal in TERM HUP SEGV ABRT QUIT; do
	start_top
	kill -$signal "$(top_process)"
	claim "SIG$signal ends it" shows "^ended"
	is "and the terminal is as before SIG$signal" "$(terminal_state)" "$before"
done

start_top
$tmux send-keys -t test C-z
claim "Ctrl-Z gives the terminal back" shows "Stopped"
is "as it was" "$(terminal_state)" "$before"
$tmux send-keys -t test "fg" Enter
claim "fg takes the screen again" shows "^teiten "
$tmux send-keys -t test q
gone() {
	for _ in $(seq 60); do
		[ -n "$(top_process)" ] || return 0
		sleep 0.05
	done
	return 1
}
claim "and q ends it" gone
is "with the terminal as before" "$(terminal_state)" "$before"

start_top
kill -STOP "$(top_process)"
claim "a process that is stopped from outside returns to the shell" shows "Stopped"
$tmux send-keys -t test "fg" Enter
claim "and takes the screen again" shows "^teiten "
$tmux send-keys -t test q
claim "and ends" gone

$tmux send-keys -t test "clear; echo | $top; echo \"ended \$?\"" Enter
shows "^teiten "
$tmux send-keys -t test q
claim "keys are the terminal's where standard input is none" shows "^ended 0"
is "and the terminal is as before" "$(terminal_state)" "$before"
$tmux send-keys -t test "clear; LC_ALL=C $top; echo \"ended \$?\"" Enter
claim "a locale without Unicode gets ASCII" shows "^[ _.:=+*#-]*  [0-9.,k]*/min at most"
$tmux send-keys -t test q
claim "and q ends it" shows "^ended 0"

# -- Events ----------------------------------------------------------------------------------------

$tmux send-keys -t test "clear; $teiten events --state $work/state" Enter
claim "events tells the incident in one line of 80 columns" shows "^i[0-9a-f]*-0  2026-03-04 00:00  open .* critical  5000/tcp.*x$"
is "which is coloured by its severity" "$($tmux capture-pane -pe -t test |
	grep -c "$(printf '\033')\[.*critical.*5000/tcp")" 1
id=$($teiten events --state $work/state | awk '/5000\/tcp/ { print $1; exit }')
$tmux send-keys -t test "clear; NO_COLOR=1 $teiten events --state $work/state $id" Enter
claim "its id tells all about it" shows "^  incident  *$id"
claim "with a curve that rises at the onset" shows "▁.*█"
is "without colours when they are refused" "$($tmux capture-pane -pe -t test |
	grep -c "$(printf '\033')")" 0
$tmux kill-server

is "an event's id leads to the same" \
	"$($teiten events --state $work/state "$(printf %s "$id" | sed 's/^i/e/')")" \
	"$($teiten events --state $work/state "$id")"
is "another id is an error that says so" "$($teiten events --state $work/state e1-1 2>&1 |
	grep -c "no incident or event 'e1-1'")" 1
is "--key takes a port as people say it" \
	"$($teiten events --state $work/state --key 5000/tcp | grep -c 5000/tcp)" 1
is "--severity leaves out what is below it" "$($teiten events --state $work/state \
	--severity critical | awk 'NR > 1 && $5 != "critical"')" ""
is "--kind leaves out what is of another" "$($teiten events --state $work/state -n 1000 --json \
	--kind new_port | grep -c '"kind":"new_port"'),$($teiten events --state $work/state -n 1000 \
	--json --kind new_port | wc -l)" "$(ask state events |
	awk -F, '$5 == "new_port" { n++ } END { print n "," n }')"
is "an incident's --json has its lines" "$($teiten events --state $work/state --json $id | wc -l)" \
	"$(ask state events | grep -c ",$id,")"
is "--json has as many lines as query has events" \
	"$($teiten events --state $work/state -n 1000 --json | wc -l)" "$(ask state events | wc -l)"

# -- Status ----------------------------------------------------------------------------------------

is "status of a history that nobody writes: nothing is wrong" \
	"$($teiten status -c $work/conf --state $work/state | tail -n 1)" "nothing is wrong"
is "its JSON says how the detector fares" "$($teiten status -c $work/conf --state $work/state \
	--json | grep -c '"learning": true')" 1
$teiten status -c $work/conf --state $work/none >$work/status
is "status without a history ends with 1" "$?" 1
claim "and says what makes one" grep -q '^! .*teiten replay. makes one' $work/status

# -- Following -------------------------------------------------------------------------------------

$teiten events --state $work/state --follow >$work/followed &
follower=$!
sleep 1
known=$(wc -l <$work/followed)
$teiten events --state $work/state --follow --json -n 1000 >$work/followed.json &
json_follower=$!
$generator --pcap $work/3.pcap --seed 23 --rate 0.2 --counts $work/3.tsv \
	--from 2026-03-04T01:00:00Z --to 2026-03-04T01:30:00Z --attack port:8291:BR:20
$teiten replay -c $work/conf --geo $work/geo.csv --state $work/state $work/3.pcap >/dev/null 2>&1
for _ in $(seq 100); do
	grep -q 8291/tcp $work/followed && break
	sleep 0.1
done
kill $follower
for _ in $(seq 50); do
	[ "$(wc -l <$work/followed.json)" -ge "$(ask state events | wc -l)" ] && break
	sleep 0.1
done
kill $json_follower
is "--follow --json tells every line once" "$(sort $work/followed.json)" \
	"$($teiten events --state $work/state -n 1000 --json | sort)"
is "--follow tells a new incident, once" "$(tail -n +$((known + 1)) $work/followed |
	grep -c '  open .*8291/tcp ')" 1
$top --json >$work/two
# shellcheck disable=SC2016 # perl's own $
is "top tells both open incidents, the newer one first where they are as severe" \
	"$(perl -MJSON::PP -0777 -ne 'my $v = decode_json($_);
	print join " ", map { "$_->{severity} $_->{key}" } @{$v->{incidents}}' \
		<$work/two)" "critical tcp/8291@BR critical tcp/5000@BR"
done_testing
