package triage

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/modsecurity-for-anylog/msa/engine"
)

// model is the weights of evidence.
type model struct {
	Version int     `json:"version"`
	Bias    float64 `json:"bias"`
	Scale   float64 `json:"scale"` // of the calibration
	Shift   float64 `json:"shift"`

	weights map[string]*evidence // by feature
}

// evidence is a feature and its weight.
type evidence struct {
	feature string
	weight  float64
}

//go:embed model.json
var modelFile []byte

var embedded = sync.OnceValue(func() *model {
	m, err := parseModel(modelFile)
	if err != nil {
		panic("the embedded model is broken: " + err.Error())
	}
	return m
})

func parseModel(data []byte) (*model, error) {
	file := struct {
		*model
		Weights map[string]float64 `json:"weights"`
	}{model: &model{Scale: 1}}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("cannot read model: %w", err)
	}
	m := file.model
	if m.Version != 1 {
		return nil, fmt.Errorf("cannot read model: version %d is not 1", m.Version)
	}
	m.weights = make(map[string]*evidence, len(file.Weights))
	for feature, weight := range file.Weights {
		m.weights[feature] = &evidence{feature, weight}
	}
	return m, nil
}

// confidence is the calibrated probability in hundredths.
func (m *model) confidence(score float64) int {
	p := 1 / (1 + math.Exp(-(m.Scale*score + m.Shift)))
	return int(math.Floor(100*p + 0.5))
}

// describe says a feature in words; "" for one that only means something beside others.
func describe(feature string, v *engine.Verdict) string {
	kind, rest, _ := strings.Cut(feature, " ")
	what, place, isIn := strings.Cut(rest, " in ")
	where := ""
	if isIn {
		where = " in " + placeWords[place]
	}
	switch kind {
	case "rule":
		for i := range v.Matches {
			if m := &v.Matches[i]; fmt.Sprint(m.RuleID) == what {
				return "rule " + what + where + ": " + m.Message
			}
		}
		return "rule " + what + where
	case "family":
		return "rules about " + what + where
	case "rules":
		if what != "1" {
			return "several rules agree" + where
		}
	case "word":
		what, _ = strings.CutSuffix(what, " inside")
		what, _, _ = strings.Cut(what, " prose ")
		return "it has what is typical of attacks: " + what
	case "words":
		if what != "0" && what != "1" {
			return "it has words of several kinds of attacks"
		}
	case "view":
		return "it is hidden by an encoding: " + what
	case "quote":
		return "it begins with what ends a text"
	case "quotes":
		if what == "odd" {
			return "a quote in it is not closed"
		}
	case "comment":
		return "it ends with a comment of SQL"
	case "bytes":
		return "it is not valid text"
	case "share":
		if what != "0" {
			return "the match is most of the value"
		}
	}
	return ""
}

var placeWords = map[string]string{
	"arg": "a parameter", "json": "a JSON value", "argname": "the name of a parameter", "cookie": "a cookie", "cookiename": "the name of a cookie",
	"user-agent": "the User-Agent", "referer": "the Referer", "content-type": "the Content-Type", "header": "a header", "path": "the path",
	"file": "an uploaded file", "body": "the body", "xml": "XML", "answer": "the answer", "other": "another part",
}
