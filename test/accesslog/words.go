package accesslog

import (
	"net/url"
	"strconv"
	"strings"
)

// phrases are what people search for, in their languages and with their punctuation.
var phrases = []string{
	"running shoes", "men's shoes", "women’s winter coat", "kids t-shirt", "AC/DC t-shirt", "rock & roll poster", "usb-c cable 2m",
	"13\" laptop sleeve", "iphone 15 pro max case", "5-in-1 screwdriver", "50% off", "2 for 1", "c++ primer", "c# in depth",
	"sql for beginners", "select a gift for mum", "union jack flag", "drop earrings", "table lamp", "order by phone", "delete key sticker",
	"insert coin mug", "update kit and manual", "where is my order?", "gift < 20 €", "size 42 or 43", "1/2 inch pipe", "3x4 rug", "r&b vinyl",
	"o'neill wetsuit", "levi's 501", "l'oréal shampoo", "mother's day - flowers", "tom & jerry dvd", "harry potter (box set)", "\"exact match\" book",
	"php elephant plush", "python boots", "java coffee beans", "linux penguin", "cat tower", "system of a down", "windows cleaner", "bash drum",
	"fahrradhelm größe m", "schöne grüße karte", "küchenmaschine", "weihnachtsgeschenk für oma", "straßenkarte", "kaffeebohnen 1kg",
	"chaussures d'été", "crème hydratante", "l'étranger camus", "cadeau noël", "robe de soirée", "où acheter du thé",
	//nolint:misspell // Spanish
	"zapatillas niño", "tostadora eléctrica", "¿cuánto cuesta el envío?", "mochila piel", "camión juguete",
	"sapatos de verão", "calça jeans", "máquina de café", "scarpe da corsa", "caffè in grani", "regalo per papà",
	"buty zimowe", "żółta sukienka", "książka kucharska", "zimní bunda", "dětské boty", "çocuk ayakkabısı", "kışlık mont", "ipek eşarp",
	"кроссовки мужские", "зимняя куртка", "подарок маме", "чехол для телефона", "жіноча сукня", "їжа для котів",
	"παπούτσια", "καφετιέρα", "حذاء رياضي", "هدية عيد ميلاد", "נעלי ריצה", "जूते", "साड़ी", "รองเท้าวิ่ง", "เสื้อยืด",
	"giày thể thao", "áo khoác nữ", "跑步鞋", "女士外套", "手机壳", "咖啡机", "ランニングシューズ", "冬 コート", "スマホケース", "운동화", "커피 머신", "겨울 코트",
	"😀 mug", "I ❤ NY shirt", "naïve café", "smørrebrød brett", "jalapeño sauce", "ærø keramik", "łódź plakat",
}

var adjectives = []string{"classic", "slim", "organic", "vintage", "waterproof", "wireless", "compact", "soft", "heavy-duty", "premium", "mini", "extra-long",
	"foldable", "recycled", "kids", "womens", "mens", "grün", "été", "niño", "zimowe"}

var nouns = []string{"t-shirt", "running-shoes", "backpack", "coffee-maker", "desk-lamp", "phone-case", "water-bottle", "rain-jacket", "yoga-mat", "notebook",
	"headphones", "table", "system-camera", "cat-bed", "select-knife", "drop-earrings", "tasse", "robe", "sukienka", "mochila"}

var brands = []string{"acme", "north&south", "o'malley", "björk", "globex", "initech", "umbrella", "hooli", "stark-industries", "wayne", "müller", "4you"}

var colours = []string{"black", "white", "red", "navy", "olive", "sand", "petrol", "rosé", "light blue", "grau", "vert"}

var categories = []string{"men/shoes", "women/dresses", "kids/toys", "home/kitchen", "home/lighting", "sport/running", "sport/outdoor", "electronics/audio", "electronics/phones",
	"books/programming", "books/novels", "garden", "sale", "sale/last-chance", "new", "damen/kleider", "herren/schuhe", "küche", "maison/décoration", "niños/juguetes", "дом", "家电"}

var sentences = []string{
	"I'd like to return my order, it doesn't fit.", "Does it come in blue? Size 42-43, please.", "Great product -- 5/5, would buy again!",
	"Arrived late; box was damaged (see photo).", "Please leave the parcel at no. 12, 2nd floor; thanks & regards", "Ist der Artikel auch in Größe M verfügbar?",
	"Très bon produit, livraison rapide. J'adore !", "¿Cuándo llega mi pedido?", "Отличный товар, спасибо!", "とても良い商品です。", "It's the 2nd time: select the wrong size & nobody answers from support.",
	"100% cotton? The label says \"60% polyester\".", "Can you update my address where the order was placed on 3/2?", "Love it <3",
}

// component escapes as encodeURIComponent does: a space is %20, and !'()* stay.
func component(s string) string {
	return strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(url.QueryEscape(s))
}

// escapedPath escapes a path and keeps its slashes.
func escapedPath(s string) string { return (&url.URL{Path: s}).EscapedPath() }

// words is what somebody types into a search box.
func (g *Generator) words() string {
	s := pick(g, phrases...)
	switch g.IntN(6) {
	case 0:
		s += " " + pick(g, colours...)
	case 1:
		s = pick(g, brands...) + " " + s
	case 2:
		s += " " + strconv.Itoa(g.between(30, 48))
	case 3:
		s = pick(g, adjectives...) + " " + pick(g, nouns...)
	}
	return s
}

// product is the path of a product's page.
func (g *Generator) product() string {
	id := g.popular.Uint64()
	return "/p/" + escapedPath(adjectives[id%uint64(len(adjectives))]+"-"+nouns[id%uint64(len(nouns))]) + "-" + strconv.FormatUint(100000+id*7, 10)
}

func (g *Generator) sku() string {
	return pick(g, "AC", "GX", "KT", "ZZ") + "-" + g.letters(4, digits) + "-" + pick(g, "S", "M", "L", "XL", "42", "43")
}

func (g *Generator) date() string { return g.now.AddDate(0, 0, -g.IntN(400)).Format("2006-01-02") }
