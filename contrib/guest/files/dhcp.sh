#!/bin/sh
# What udhcpc calls with the lease it has got, or lost. The interface that came first has the default route.
metric=$((100 + $(cat "/sys/class/net/$interface/ifindex")))
case "$1" in
deconfig)
	ip -4 addr flush dev "$interface"
	;;
bound | renew)
	ip -4 addr flush dev "$interface"
	ip addr add "$ip/${mask:-24}" broadcast + dev "$interface"
	[ -n "$mtu" ] && ip link set dev "$interface" mtu "$mtu"
	for one in $router; do
		ip route replace "$one" dev "$interface" metric $metric
		ip route replace default via "$one" dev "$interface" metric $metric
	done
	for one in $dns; do echo "nameserver $one"; done >/etc/resolv.conf
	;;
esac
