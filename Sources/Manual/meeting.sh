#!/bin/sh
# A whole meeting: meeting.sh ROOM ANNOUNCEMENT.wav RECORDING.webm
set -eu
export CONFAB_CTL=${XDG_RUNTIME_DIR:-/tmp}/meeting-$1.sock
confab host "$1" --listen "${LISTEN:-127.0.0.1:7880}" --headless --camera none --mic none --speaker none \
    --name moderator --events json:"${EVENTS:-/dev/null}" </dev/null &
meeting=$!
trap 'kill $meeting 2>/dev/null' EXIT
until confab ctl status >/dev/null 2>&1; do
    kill -0 $meeting || { echo 'the meeting did not start' >&2; exit 1; }
    sleep 0.2
done
confab ctl wait 2 300 || { echo 'nobody came' >&2; exit 75; }
confab ctl --wait play "$2"
confab ctl record "$3"; sleep 10; confab ctl stop-recording
confab ctl chat 'Good-bye, and thank you.'
confab ctl end
trap - EXIT
wait $meeting
