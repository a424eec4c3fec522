package sensitive

import (
	"fmt"
	"strings"
	"testing"
)

func TestOperator(t *testing.T) {
	mails := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "ann%d@mail.example,", i)
		}
		return b.String()
	}
	for _, c := range []struct {
		name, operand, value string
		first                string
		n                    int
	}{
		{"verifyCC", "", "a 4111111111111111 5105105105105100 4111111111111111", "411111******1111", 2},
		{"VERIFYCC", "", "6222021234567890128", "622202*********0128", 1},
		{"verifyCC", "", "4111111111111112", "", 0},
		{"verifyCC", `\d{13,16}`, "a 4111111111111111 b", "411111******1111", 1},
		{"verifyCC", `\d{4}/\d{4}/\d{4}/\d{4}`, "4111/1111/1111/1111", "***************1111", 1},
		{"verifyCC", `\d{4}/\d{4}/\d{4}/\d{4}`, "4111/1111/1111/1112 4111111111111111", "", 0},
		{"verifySSN", "", "219-09-9998", "*******9998", 1},
		{"verifySSN", "", "219099998", "", 0},
		{"verifySSN", `\b\d{9}\b`, "219099998 666099998", "*****9998", 1},
		{"verifyIBAN", "", "GB82 WEST 1234 5698 7654 32", "GB82*********************32", 1},
		{"verifyIBAN", `[a-z]{2}\d{2}[a-z0-9]{11,30}`, "gb82west12345698765432", "******************5432", 1},
		{"verifyCNID", "", "11010519491231002X", "**************002X", 1},
		{"verifyCNID", `\d{17}[\dxX]`, "z11010519491231002X 110105194912310021", "**************002X", 1},
		{"verifyCPF", `[\d.-]{11,14}`, "111.444.777-35 11144477736 22222222222 1114447773", "**********7-35", 1},
		{"verifyCPF", `\d{11}`, "52998224724 52998224725", "*******4725", 1},
		{"verifySVNR", `\d{4} ?\d{6}`, "1237 010180 1237010181 0000000000", "*******0180", 1},
		{"verifySVNR", `\d+`, "123701018", "", 0},
		{"detectSensitive", "card,iban", "GB82WEST12345698765432 4716258050958603", "GB82**************5432", 2},
		{"detectSensitive", "card 2", "4111111111111111", "", 0},
		{"detectSensitive", "card 2", "4111111111111111 4111111111111111", "", 0}, // the same one
		{"detectSensitive", "card 2", "4111111111111111 5105105105105100", "411111******1111", 2},
		{"detectSensitive", "card", "4539148803436467 4539 1488 0343 6467, 4539-1488-0343-6467, 4539%201488%200343%206467", "453914******6467", 1},
		{"detectSensitive", "card", "4111%201111%201111%201111", "", 0}, // an example
		{"detectSensitive", "iban,cn-id", "GB82 WEST 1234 5698 7654 32 GB82WEST12345698765432 11010519491231002X 11010519491231002x", "GB82*********************32", 2},
		{"detectSensitive", "ssn", "219-09-9998, ssn 219 09 9998, ssn 219099998, 219-09-9997", "*******9998", 2},
		{"detectSensitive", "cn-mobile", "13812345678, 138 1234 5678, 138-1234-5678, 8613812345678, 13812345679", "138****5678", 2},
		{"detectSensitive", "password", "password=a-b\npassword=a b\npassword=ab", "****", 3},
		{"verifyCC", `[\d-]{16,19}`, "4716258050958603 4716-2580-5095-8603", "471625******8603", 1},
		{"detectSensitive", "email 20", mails(19), "", 0},
		{"detectSensitive", "email 20", mails(20), "a****@mail.example", 20},
		{"detectSensitive", "email", mails(1), "a****@mail.example", 1},
		{"detectSensitive", "card", mails(20), "", 0},
	} {
		t.Run(c.name+" "+c.operand, func(t *testing.T) {
			o, err := NewOperator(c.name, c.operand)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second is remembered
				first, n := o.Evaluate(c.value)
				if first != c.first || n != c.n {
					t.Errorf("got %q, %d; want %q, %d", first, n, c.first, c.n)
				}
			}
			if o.Match(c.value) != (c.n > 0) {
				t.Error("Match says otherwise")
			}
		})
	}
}

func TestOperatorErrors(t *testing.T) {
	for _, c := range []struct{ name, operand, says string }{
		{"verifyCC", "(", "("},
		{"verifyCPF", "", "needs a pattern"},
		{"verifySVNR", "", "needs a pattern"},
		{"detectSensitive", "", `""`},
		{"detectSensitive", "card 1 2", "card 1 2"},
		{"detectSensitive", "card x", `"x"`},
		{"detectSensitive", "card 0", `"0"`},
		{"detectSensitive", "cards", `"cards" is not one of card, `},
		{"rx", "", "rx"},
	} {
		if _, err := NewOperator(c.name, c.operand); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s %q: %v", c.name, c.operand, err)
		}
	}
}

// A value in which there is none of an operator's literals does not match.
func TestLiterals(t *testing.T) {
	for _, kind := range kinds {
		o, err := NewOperator("detectSensitive", kind)
		if err != nil {
			t.Fatal(err)
		}
		list := o.Literals()
		for _, text := range texts() {
			has := list == nil
			for _, l := range list {
				has = has || strings.Contains(strings.ToLower(text), l)
			}
			if !has && o.Match(text) {
				t.Errorf("%s is in %q, which has none of %q", kind, text, list)
			}
		}
	}
}

func TestCountPersons(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       int
	}{
		{"none", "no JSON", 0},
		{"three", `[{"name":"A","email":"a@b.co"},{"Phone_Number":"1","first-name":"B"},{"id":3,"name":"C","profile":{"mobile":"1"}}]`, 3},
		{"cut", `[{"name":"A","email":"a"},{"name":"B","em`, 1},
		{"products", `[{"id":1,"name":"Shoes"},{"id":2,"name":"Hat"}]`, 0},
		{"values are no keys", `[{"a":"name","b":"email"}]`, 0},
		{"a quote in a string", `[{"a\"{":"\"","name":"}","email":"{"}]`, 1},
		{"Chinese", `{"姓名":"张三","手机号":"13812345678"}`, 1},
		{"deep", strings.Repeat("{", 100) + `"name":1,"email":2` + strings.Repeat("}", 100), 0},
		{"more ends than beginnings", `}}}{"name":1,"email":2}`, 1},
	} {
		if got := CountPersons(c.text); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestCountRows(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       int
	}{
		{"none", "insert into the box", 0},
		{"one statement", "INSERT INTO `u` (a, b) VALUES (1,'x'),(2,'a)(b'),(3,'it''s'),\n(4,'\\'');", 4},
		{"many statements", "insert into u values (1);\nREPLACE INTO u VALUES (f(2));\n", 2},
		{"cut", "INSERT INTO u VALUES (1,'a'),(2,'b", 1},
		{"select", "INSERT INTO u SELECT a FROM b; values (1)", 0},
		{"copy", "COPY public.u (id, name) FROM stdin;\n1\tAnn\n2\tBob\n\\.\n\nSELECT 1;", 2},
		{"copy, cut", "COPY u FROM stdin;\r\n1\r\n2", 2},
		{"prose", "Add values (such as 1) into the form", 0},
	} {
		if got := CountRows(c.text); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
