#!/bin/bash
# netlab.sh: a small internet in network namespaces. Two clients, each behind a router of its own, a server, and coturn.
#
#   cliA 192.168.1.2 -- natA 10.90.1.2 --\
#                                         core -- 10.90.0.2 srv     (confab serve)
#   cliB 192.168.2.2 -- natB 10.90.2.2 --/    \-- 10.90.3.2 turn    (coturn)
#
#   netlab.sh up | down                       needs root
#   netlab.sh nat A|B none|masq|symmetric|udpblock|tcp443
#        none       routed                    masq      keeps ports: hole punching works
#        symmetric  another mapping for every destination: it does not
#        udpblock   no UDP                    tcp443    only TCP to ports 80 and 443
#   netlab.sh second                          a second interface of cliA, 192.168.3.2, by way of natB; eth0 goes first
#   netlab.sh cut A|B                         nothing passes any more, without a word; mend A|B undoes it
#   netlab.sh limit A|B KBIT LOSS             a slow line, either way: so many kbit/s, a queue of 0.3 s, every packet lost by
#                                             that probability; unlimit A|B undoes it
#   netlab.sh coturn CERTIFICATE KEY          3478 UDP and TCP, 5349 and 443 TLS; user u, password p; stays in the foreground
#   netlab.sh x cliA|cliB|natA|natB|core|srv|turn COMMAND…
set -euo pipefail

lab=${NETLAB:-confab}
hosts=(cliA cliB natA natB core srv turn)

ns() { echo "$lab-$1"; }
x() { local host=$1; shift; exec ip netns exec "$(ns "$host")" "$@"; }
in_ns() { local host=$1; shift; ip netns exec "$(ns "$host")" "$@"; }

wire() { # host interface address host interface address
    ip link add "$2" netns "$(ns "$1")" type veth peer name "$5" netns "$(ns "$4")"
    ip -n "$(ns "$1")" addr add "$3" dev "$2"
    ip -n "$(ns "$4")" addr add "$6" dev "$5"
    ip -n "$(ns "$1")" link set "$2" up
    ip -n "$(ns "$4")" link set "$5" up
}

up() {
    down 2>/dev/null || true
    for host in "${hosts[@]}"; do
        ip netns add "$(ns "$host")"
        ip -n "$(ns "$host")" link set lo up
    done
    for host in natA natB core; do in_ns $host sysctl -qw net.ipv4.ip_forward=1; done
    wire core srv0 10.90.0.1/24 srv eth0 10.90.0.2/24
    wire core turn0 10.90.3.1/24 turn eth0 10.90.3.2/24
    wire core wanA 10.90.1.1/24 natA wan 10.90.1.2/24
    wire core wanB 10.90.2.1/24 natB wan 10.90.2.2/24
    wire natA lan 192.168.1.1/24 cliA eth0 192.168.1.2/24
    wire natB lan 192.168.2.1/24 cliB eth0 192.168.2.2/24
    ip -n "$(ns srv)" route add default via 10.90.0.1
    # Batches of packets are cut here, not at the end: what a link loses are packets.
    ip -n "$(ns srv)" link set eth0 gso_max_segs 1
    ip -n "$(ns turn)" route add default via 10.90.3.1
    ip -n "$(ns natA)" route add default via 10.90.1.1
    ip -n "$(ns natB)" route add default via 10.90.2.1
    ip -n "$(ns cliA)" route add default via 192.168.1.1
    ip -n "$(ns cliB)" route add default via 192.168.2.1
    nat A masq
    nat B masq
}

down() {
    for host in "${hosts[@]}"; do
        for process in $(ip netns pids "$(ns "$host")" 2>/dev/null); do kill "$process" 2>/dev/null || true; done
        ip netns del "$(ns "$host")" 2>/dev/null || true
    done
}

nat() { # A|B kind
    local router=nat$1 number=1
    [ "$1" = A ] || number=2
    ip -n "$(ns core)" route del 192.168.$number.0/24 2>/dev/null || true
    in_ns "$router" iptables -w -F
    in_ns "$router" iptables -w -t nat -F
    case $2 in
        none)
            ip -n "$(ns core)" route add 192.168.$number.0/24 via 10.90.$number.2
            return ;;
        masq | udpblock | tcp443) in_ns "$router" iptables -w -t nat -A POSTROUTING -o wan -j MASQUERADE ;;
        symmetric) in_ns "$router" iptables -w -t nat -A POSTROUTING -o wan -j MASQUERADE --random-fully ;;
        *) echo "no such kind of NAT: $2" >&2; exit 2 ;;
    esac
    case $2 in
        udpblock) in_ns "$router" iptables -w -A FORWARD -p udp -j DROP ;;
        tcp443)
            in_ns "$router" iptables -w -A FORWARD -p udp -j DROP
            in_ns "$router" iptables -w -A FORWARD -o wan -p tcp -m multiport ! --dports 80,443 -j REJECT --reject-with tcp-reset ;;
    esac
    # Like home routers: what nobody asked for is dropped without a word. An answer would also confirm a conntrack entry
    # that takes the port away from the client's own mapping, and so breaks hole punching.
    in_ns "$router" iptables -w -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    in_ns "$router" iptables -w -A FORWARD -i wan -j DROP
    in_ns "$router" iptables -w -A INPUT -i wan -p udp -m conntrack --ctstate NEW -j DROP
}

second() {
    wire natB lan2 192.168.3.1/24 cliA eth1 192.168.3.2/24
    ip -n "$(ns core)" route add 192.168.3.0/24 via 10.90.2.2
    ip -n "$(ns cliA)" route replace default via 192.168.1.1 metric 10
    ip -n "$(ns cliA)" route add default via 192.168.3.1 metric 20
    ip -n "$(ns cliA)" route del default via 192.168.1.1 metric 0 2>/dev/null || true
}

cut() { in_ns "nat$1" iptables -w -I FORWARD -j DROP; }
mend() { in_ns "nat$1" iptables -w -D FORWARD -j DROP; }

limit() { # A|B kbit loss
    local router=nat$1 interface
    for interface in lan wan; do
        in_ns "$router" tc qdisc replace dev $interface root tbf rate "$2kbit" burst 4kb latency 300ms
    done
    in_ns "$router" iptables -w -I FORWARD -m statistic --mode random --probability "$3" -j DROP
}

unlimit() {
    local interface
    for interface in lan wan; do in_ns "nat$1" tc qdisc del dev $interface root; done
    in_ns "nat$1" iptables -w -D FORWARD 1
}

coturn() { # certificate key
    x turn turnserver -n --listening-ip=10.90.3.2 --relay-ip=10.90.3.2 --listening-port=3478 --tls-listening-port=5349 \
        --aux-server=10.90.3.2:443 --cert="$1" --pkey="$2" --lt-cred-mech --user=u:p --realm=lab --no-cli --fingerprint \
        --min-port=50000 --max-port=50999 --pidfile= --log-file=stdout --simple-log --verbose
}

case ${1:-help} in
    up | down | nat | second | cut | mend | limit | unlimit | coturn | x) "$@" ;;
    *) sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "$0" ;;
esac
