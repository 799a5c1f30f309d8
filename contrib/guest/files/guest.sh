# What the guest's scripts share.

# A line on each console.
say() {
	for console in tty1 ttyS0; do echo "GUEST $*" 2>/dev/null >/dev/$console; done
}

# Ganeti's clean shutdown presses the power button: a byte of its event, and the machine is off.
watch_power_button() {
	for name in /sys/class/input/input*/name; do
		grep -q 'Power Button' "$name" || continue
		for event in "${name%/name}"/event*; do
			(head -c 1 "/dev/input/${event##*/}" >/dev/null; say power button; sync; poweroff -f) &
		done
	done
}

# The label of the file system on a disk, in lower case: ISO 9660, FAT12/16, FAT32. Nothing where there is none.
label_of() {
	for place in 32808:32 43:11 71:11; do
		label=$(dd if="$1" bs=1 skip="${place%:*}" count="${place#*:}" 2>/dev/null | tr -cd 'A-Za-z0-9_.-' | tr 'A-Z' 'a-z')
		case "$label" in config-2 | cidata) echo "$label"; return ;; esac
	done
}

# The addresses of an interface that the world may use: not those of the link alone.
addresses_of() {
	ip -o addr show dev "$1" 2>/dev/null | awk '!/scope link/ {printf "%s%s", sep, $4; sep=","}'
}
