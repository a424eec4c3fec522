// Command train makes the model of package triage from records of known truth, and says how well it does on what it was not
// made from. Its inputs are public and stay outside of the repository; MODEL.md says which they were.
//
//	go run ./triage/train [-o FILE] DIR...
//	go run ./triage/train -measure DIR...
//
// A DIR has legit.jsonl and malicious.jsonl (either may be missing), Nano records one a line, and beside each a .labels with a line for each
// record: the site, or the kind of attack. Attacks are also transplanted: their payload is put in the place of a value of a legitimate record.
package main

import (
	"flag"
	"fmt"
	"log"
	"strings"
)

func main() {
	log.SetFlags(0)
	out := flag.String("o", "triage/model.json", "the model's file")
	test := flag.String("test", "", "comma list of directories that are measured on, and not learned from")
	dump := flag.String("dump", "", "a file for the worst mistakes, with the records")
	every := flag.Int("every", 1, "take one of so many records")
	only := flag.Bool("measure", false, "only measure what alarms by default, on all records")
	flag.Parse()
	if flag.NArg() == 0 {
		log.Fatal("usage: train [-o FILE] [-every N] DIR...")
	}
	if *only {
		table, err := measure(flag.Args(), *every)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(table)
		return
	}
	set, err := load(flag.Args(), strings.FieldsFunc(*test, func(r rune) bool { return r == ',' }), *every)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d records, %d of attacks; %d features\n", len(set.samples), set.attacks(), len(set.names))
	m := set.train()
	fmt.Print(set.report(m))
	if *dump != "" {
		if err := set.dump(m, *dump); err != nil {
			log.Fatal(err)
		}
	}
	if err := m.write(*out); err != nil {
		log.Fatal(err)
	}
}
