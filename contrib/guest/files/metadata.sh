# Find the metadata and apply it: an OpenStack config drive (label config-2) or NoCloud (label cidata). Hostname, public
# keys, the password of root, and user data that is a script; what else there may be is left alone.
. /lib/guest.sh

# A text out of JSON that has been put on one line: the value of a key that stands once.
text_of() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"; }

config_drive() {
	data=$(tr '\n' ' ' <"$1/openstack/latest/meta_data.json")
	name=$(echo "$data" | text_of hostname)
	id=$(echo "$data" | text_of uuid)
	password=$(echo "$data" | text_of admin_pass)
	echo "$data" | sed -n 's/.*"public_keys" *: *{\([^}]*\)}.*/\1/p' | awk -F'"' '{for (i = 4; i <= NF; i += 4) print $i}' |
		sed 's/\\n/\n/g' | grep . >/root/.ssh/authorized_keys
	cp "$1/openstack/latest/user_data" /run/user-data 2>/dev/null
}

no_cloud() {
	name=$(sed -n 's/^local-hostname: *//p' "$1/meta-data" | tr -d "\"'")
	id=$(sed -n 's/^instance-id: *//p' "$1/meta-data" | tr -d "\"'")
	sed -n 's/^ *- *\(["'\'']\{0,1\}\)\(ssh-[^"'\'']*\|ecdsa-[^"'\'']*\)\1$/\2/p' "$1/meta-data" >/root/.ssh/authorized_keys
	cp "$1/user-data" /run/user-data 2>/dev/null
}

apply() {
	[ -n "$name" ] && hostname "$name"
	[ -n "$id" ] && echo "$id" >/run/instance-id
	[ -n "$password" ] && echo "root:$password" | chpasswd >/dev/null 2>&1
	chmod 700 /root/.ssh; chmod 600 /root/.ssh/authorized_keys
	[ "$(head -c 2 /run/user-data 2>/dev/null)" = '#!' ] && chmod 700 /run/user-data
	say "metadata of $1 name=$(hostname) id=$id keys=$(grep -c . /root/.ssh/authorized_keys)"
	sed 's/^/authorized key: /' /root/.ssh/authorized_keys | while read -r line; do say "$line"; done
}

umask 077
mkdir -p /root/.ssh
for block in /sys/class/block/*; do
	disk=/dev/${block##*/}
	label=$(label_of "$disk")
	[ -n "$label" ] && mount -o ro "$disk" /mnt 2>/dev/null || continue
	name='' id='' password=''
	case "$label" in config-2) config_drive /mnt ;; cidata) no_cloud /mnt ;; esac
	umount /mnt
	apply "$label"
	break
done
