package sensitive

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync/atomic"
)

// kinds are all that rules may ask for, in the order of kindCounts.
var kinds = [...]string{
	Card, CNBankCard, IBAN, CNID, CNMobile, CNPassport, SSN, Email, PrivateKey, AWSKey, AWSSecret, GCPKey, GoogleAPI, AzureKey, AzureSAS,
	GitHubToken, GitLabToken, SlackToken, StripeKey, JWT, Secret, Password, PersonRecord, SQLRow,
	OpenAIKey, AnthropicKey, HuggingFaceToken, NPMToken, PyPIToken, SendGridKey, VaultToken, DigitalOceanToken, DockerToken, DatabricksToken,
	ShopifyToken, TelegramToken, WebHook, AlibabaKey, EncodedKey, PuTTYKey, AgeKey, PasswordHash, PersonID,
}

// groups are names that stand for several kinds.
var groups = map[string][]string{
	// Keys and tokens that their form tells.
	"cloud-key": {AWSKey, AWSSecret, GCPKey, AzureKey, AlibabaKey, DigitalOceanToken},
	"service-token": {
		GitHubToken, GitLabToken, SlackToken, StripeKey, OpenAIKey, AnthropicKey, HuggingFaceToken, NPMToken, PyPIToken, SendGridKey, VaultToken,
		DockerToken, DatabricksToken, ShopifyToken, TelegramToken, WebHook,
	},
	"any-private-key": {PrivateKey, EncodedKey, PuTTYKey, AgeKey},
	"any-person-id":   {CNID, SSN, CNPassport, PersonID},
	"any-card":        {Card, CNBankCard},
}

// kindCounts are how many different findings a text has, by kind.
type kindCounts struct {
	count    [len(kinds)]int
	examples [len(kinds)]int    // of documentation, which are not in count
	first    [len(kinds)]string // masked
	at       [len(kinds)]int    // where the first is
}

// nothing is what most texts count.
var nothing kindCounts

func kindIndex(kind string) int { return slices.Index(kinds[:], kind) }

// IsCount reports whether a text is "3 of password, secret": how many were found of kinds or groups.
func IsCount(text string) bool {
	number, list, ok := strings.Cut(text, " of ")
	if !ok || number == "" || digitsEnd(number, 0) != len(number) {
		return false
	}
	for _, kind := range strings.Split(list, ", ") {
		if groups[kind] == nil && kindIndex(kind) < 0 {
			return false
		}
	}
	return true
}

// count counts what is in a text.
func count(text string) *kindCounts {
	text = asRead(text)
	found := Find(text)
	persons, rows := CountPersons(text), CountRows(text)
	if len(found) == 0 && persons == 0 && rows == 0 {
		return &nothing
	}
	t := new(kindCounts)
	t.count[kindIndex(PersonRecord)], t.count[kindIndex(SQLRow)] = persons, rows
	seen := map[string]bool{}
	for _, f := range found {
		value := text[f.Start:f.End]
		bare := value
		if isNumber(f.Kind) {
			bare = bareNumber(value)
		}
		if f.Kind == CNMobile { // 86 or 0086 before it makes no difference
			bare = bare[max(0, len(bare)-11):]
		}
		if seen[bare] {
			continue
		}
		seen[bare] = true
		k := kindIndex(f.Kind)
		if t.count[k]+t.examples[k] == 0 {
			t.first[k], t.at[k] = maskOne(f.Kind, value), f.Start
		}
		if isExample(f.Kind, bare) {
			t.examples[k]++
		} else {
			t.count[k]++
		}
	}
	return t
}

// isNumber: of a kind that may be written with separators.
func isNumber(kind string) bool {
	switch kind {
	case Card, CNBankCard, IBAN, CNID, CNMobile, CNPassport, SSN, PersonID:
		return true
	}
	return false
}

// bareNumber is a number's letters and digits, which are the same in all notations. An escaped space separates, too.
func bareNumber(number string) string {
	return only(strings.ToUpper(strings.ReplaceAll(number, "%20", "")), func(c byte) bool { return isDigit(c) || isUpper(c) })
}

// remembered are the counts of long texts: many rules ask for kinds of one and the same body, one after the other. They
// are told apart by a hash with a seed that nobody knows, which takes a hundredth of the time of a search.
var (
	remembered [64]atomic.Pointer[memory]
	seed       = maphash.MakeSeed()
)

type memory struct {
	hash   uint64
	length int
	counts *kindCounts
}

// worthRemembering is the length from which a hash is cheaper.
const worthRemembering = 256

func countsOf(text string) *kindCounts {
	if len(text) < worthRemembering {
		return count(text)
	}
	hash := maphash.String(seed, text)
	place := &remembered[hash%uint64(len(remembered))]
	if m := place.Load(); m != nil && m.hash == hash && m.length == len(text) {
		return m.counts
	}
	t := count(text)
	place.Store(&memory{hash, len(text), t})
	return t
}
