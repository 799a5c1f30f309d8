# The little of QEMU's guest agent that sets passwords: it answers guest-sync and guest-set-user-password at the port that the
# machine gives it, if it does. What it has set, a sum of it tells.
. /lib/guest.sh

number_of() { echo "$1" | sed -n "s/.*\"$2\": *\([0-9]*\).*/\1/p"; }
text_of() { echo "$1" | sed -n "s/.*\"$2\": *\"\([^\"]*\)\".*/\1/p"; }

set_password() {
	user=$(text_of "$1" username)
	password=$(text_of "$1" password | base64 -d)
	if grep -q "^$user:" /etc/passwd && hash=$(printf '%s\n' "$password" | mkpasswd -m sha512 -P 0) &&
		sed -i "s|^$user:[^:]*:|$user:$hash:|" /etc/passwd; then
		echo '{"return": {}}'
		say "agent password of $user is $(printf %s "$password" | sha256sum | head -c 12)"
	else
		echo '{"error": {"class": "GenericError", "desc": "there is no such user"}}'
	fi
}

answered() {
	case "$1" in
	*guest-sync*) echo "{\"return\": $(number_of "$1" id)}" ;;
	*guest-set-user-password*) set_password "$1" ;;
	*) echo '{"error": {"class": "CommandNotFound", "desc": "that is not known here"}}' ;;
	esac
}

for name in /sys/class/virtio-ports/*/name; do
	[ "$(cat "$name" 2>/dev/null)" = org.qemu.guest_agent.0 ] || continue
	name=${name%/name}
	exec 3<>"/dev/${name##*/}"
	while :; do
		if read -r line <&3; then answered "$line" >&3; else sleep 1; fi
	done
done
