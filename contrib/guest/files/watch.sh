# Interfaces and disks that come and go: each interface is brought up and asks for an address, and each change of what there
# is becomes a line of readiness on the consoles.
. /lib/guest.sh

begin() {
	ip link set "$1" up
	udhcpc -i "$1" -x "hostname:$(hostname)" -t 4 -T 2 -A 3 -b -s /lib/dhcp.sh >/dev/null 2>&1 &
	echo $! >"/run/addresses/$1"
}

forget() {
	kill "$(cat "/run/addresses/$1")" 2>/dev/null
	rm "/run/addresses/$1"
}

interfaces() {
	for one in /sys/class/net/*; do
		[ -e "$one/device" ] && echo "${one##*/}"
	done
}

disks() {
	for one in /sys/block/*; do
		case "${one##*/}" in loop* | ram*) continue ;; esac
		[ -e "$one" ] && printf ' %s=%sM' "${one##*/}" "$(($(cat "$one/size") / 2048))"
	done
}

last=
while :; do
	for one in $(interfaces); do
		[ -e "/run/addresses/$one" ] || begin "$one"
	done
	for one in /run/addresses/*; do
		[ -e "$one" ] && [ ! -e "/sys/class/net/${one##*/}" ] && forget "${one##*/}"
	done
	now=$(for one in $(interfaces); do printf ' %s[%s]=%s' "$one" "$(cat "/sys/class/net/$one/address")" "$(addresses_of "$one")"; done; disks)
	[ "$now" = "$last" ] || say "ready name=$(hostname) up=$(cut -d. -f1 /proc/uptime)s$now"
	last=$now
	sleep 1
done
