package mapping

import (
	"fmt"
	"net/netip"
)

// PrivateNetworks are those that are nobody's on the Internet: RFC 1918, RFC 4193,
// loopback and link-local addresses.
func PrivateNetworks() []netip.Prefix {
	var all []netip.Prefix
	for _, s := range []string{
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
		"127.0.0.0/8", "::1/128", "169.254.0.0/16", "fe80::/10",
	} {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}

// ParseAddress reads an IP address for comparing it with networks: IPv4 in IPv6 is IPv4, and zones do not count.
func ParseAddress(s string) (netip.Addr, error) {
	ip, err := netip.ParseAddr(s)
	return ip.Unmap().WithZone(""), err
}

// ParseNetwork reads 10.0.0.0/8, or one address.
func ParseNetwork(s string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is not a network such as 10.0.0.0/8", s)
	}
	return p.Masked(), nil
}
