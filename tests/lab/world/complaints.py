"""What WSL complains of at a start, on the standard error of the wsl.exe that starts it, and starts all the same.

Sources: microsoft/WSL, localization/strings/en-US/Resources.resw (the sentences), src/shared/configfile/configfile.cpp and
WslCoreConfig.h (the lines and keys of .wslconfig), WslCoreVm.cpp (what this Windows cannot do). The reason of a mirrored mode
that fails for want of the Hyper-V firewall is worded after its neighbours."""

SHARED = "networkingMode dnsTunneling firewall autoProxy"  # in either section
BOOLEANS = """
wsl2.dnsTunneling wsl2.dnsProxy wsl2.firewall wsl2.autoProxy wsl2.localhostForwarding wsl2.ipv6 wsl2.dhcp wsl2.safeMode wsl2.virtio
wsl2.loadDefaultKernelModules wsl2.nestedVirtualization wsl2.virtio9p wsl2.virtiofs wsl2.gpuSupport wsl2.guiApplications wsl2.debugConsole
wsl2.earlyBootLogging wsl2.hostFileSystemAccess wsl2.hardwarePerformanceCounters wsl2.isolateDistroCgroup wsl2.telemetry
experimental.dnsTunneling experimental.firewall experimental.autoProxy experimental.bestEffortDnsParsing experimental.hostAddressLoopback
experimental.sparseVhd experimental.setVersionDebug experimental.swiotlb experimental.virtioFsAggregateShares
""".split()
OTHERS = """
wsl2.networkingMode wsl2.vmSwitch wsl2.macAddress wsl2.dhcpTimeout wsl2.vmIdleTimeout wsl2.kernel wsl2.kernelModules wsl2.kernelCommandLine
wsl2.loadKernelModules wsl2.memory wsl2.processors wsl2.swap wsl2.swapFile wsl2.kernelDebugPort wsl2.systemDistro wsl2.debugConsoleLogFile
wsl2.kernelBootTimeout wsl2.distributionStartTimeout wsl2.mountDeviceTimeout wsl2.defaultVhdSize wsl2.crashDumpFolder wsl2.maxCrashDumpCount
general.distributionInstallPath general.instanceIdleTimeout experimental.networkingMode experimental.dnsTunnelingIpAddress
experimental.initialAutoProxyTimeout experimental.ignoredPorts experimental.autoMemoryReclaim
""".split()
KNOWN = {key.lower() for key in BOOLEANS + OTHERS}
MODES = ("None", "Nat", "Bridged", "Mirrored", "Consomme", "VirtioProxy")


def of_the_file(world, settings):
    """The lines of .wslconfig that WSL does not take, in their order."""
    path, seen = world.windows.profile + "\\.wslconfig", {}
    found = [(line, f"{problem} in {path}:{line}") for line, problem in settings.problems]
    for line, name, value in settings.entries:
        problem, key = None, name.lower()
        one = key.split(".")[-1] if key.split(".")[-1] in SHARED.lower().split() and key in KNOWN else key
        if key not in KNOWN:
            problem = f"Unknown key '{name}'"
        elif one in seen:
            other, first = seen[one]
            found.append(
                (line, f"Duplicated config key '{name}' in {path}:{line} (Conflicting key: '{other}' in {path}:{first})")
            )
            continue
        elif key in map(str.lower, BOOLEANS) and value.lower() not in ("true", "false", "0", "1"):
            problem = f"Invalid boolean value '{value}' for key '{name}'"
        elif one == "networkingmode" and value.lower() not in map(str.lower, MODES):
            problem = f"Invalid value '{value}' for config key '{name}'"
        seen.setdefault(one, (name, line))
        if problem:
            valid = f" (Valid values: {', '.join(MODES)})" if one == "networkingmode" and key in KNOWN else ""
            found.append((line, f"{problem} in {path}:{line}{valid}"))
    return [text for _, text in sorted(found, key=lambda entry: entry[0])]


def of_this_windows(world, asked, mode, mirrored, tunneling):
    """What was asked for and this Windows does not have. `mirrored`, `tunneling`: whether it can."""
    machine, found = world.windows, []
    if not machine.hyperv.supported and asked.settings.has("wsl2.firewall", "experimental.firewall") and asked.firewall:
        found.append("Hyper-V firewall is not supported")
    if asked.mode == "mirrored" and not mirrored:
        build = ".".join(machine.version.split(".")[2:4])
        lacking = f"Windows version {build} does not have the required features"
        reason = lacking if machine.hyperv.supported else "Hyper-V firewall is not supported"
        found.append(f"Mirrored networking mode is not supported: {reason}.\nFalling back to NAT networking.")
    if asked.tunneling and asked.tunneling_written and not tunneling:
        found.append("DNS Tunneling is not supported")
    elif asked.tunneling and machine.gsa and mode in ("nat", "mirrored"):
        found.append("Due to a current compatibility issue with Global Secure Access Client, DNS Tunneling is disabled.")
    if asked.localhost_written and mode == "mirrored":
        found.append("The wsl2.localhostForwarding setting has no effect when using mirrored networking mode")
    return found


def spoken(sentences):
    return "".join(f"wsl: {sentence}\n" for sentence in sentences)
