// A server's screen. The ticket comes behind the # of the address, which is sent to nobody, and goes at once from the address too.
const ticket = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

const show = (text, bad = false) => {
    const status = document.getElementById("status");
    status.textContent = text;
    status.className = bad ? "bad" : "";
};

const open = async () => {
    let RFB;
    try {
        ({ default: RFB } = await import("/console/novnc/core/rfb.js"));
    } catch {
        show("noVNC is not installed where this page comes from. Tell your administrator.", true);
        return;
    }
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const rfb = new RFB(document.getElementById("screen"), `${scheme}://${location.host}/console/websocket`, {
        wsProtocols: ["binary", `ticket.${ticket}`],
    });
    rfb.scaleViewport = true;
    let refused = "", connected = false;
    const keys = document.getElementById("keys");
    keys.addEventListener("click", () => { rfb.sendCtrlAltDel(); rfb.focus(); });
    rfb.addEventListener("connect", () => { connected = true; keys.disabled = false; show("Connected"); rfb.focus(); });
    rfb.addEventListener("desktopname", (event) => {
        document.getElementById("name").textContent = event.detail.name;
        document.title = event.detail.name;
    });
    rfb.addEventListener("securityfailure", (event) => { refused = event.detail.reason || "Refused."; });
    rfb.addEventListener("disconnect", () => {
        keys.disabled = true;
        if (refused) {
            show(refused, true);
        } else if (connected) {
            show("The console has ended. Ask for a new address to open it again.", true);
        } else {
            show("This address is used up or too old. Ask for a new one: openstack console url show SERVER", true);
        }
    });
};

if (ticket) {
    open();
} else {
    show("An address of a console is good once. Ask for a new one: openstack console url show SERVER", true);
}
