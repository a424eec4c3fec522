package intrusion

// service is one of those that the cloud is made of, or that it calls.
type service struct {
	name     string
	port     uint16
	replicas int
	outside  bool   // somebody else's: one address, neither scraped nor probed
	agent    string // how its HTTP client names itself
	kube     string // and its client for Kubernetes, if it has one
	server   string // header of its answers
	median   float64
	health   string // path that the kubelet asks for; "" for none
	metrics  string // path that Prometheus asks for; "" for none
	routes   []route
}

// route is an endpoint with what an answer of it takes.
type route struct {
	name   string
	method string
	path   string
	ask    string // body of the request
	answer string
	kind   string // media type of the answer; JSON if empty
	bytes  int    // median of what the answer has beside, where its text is of no interest
	status int    // of success; 200 if 0
	absent float64
	calls  []string // "users.get", or with the share of requests that call it: "30% users.get"
}

const (
	goClient  = "Go-http-client/1.1"
	okHTTP    = "okhttp/4.12.0"
	apache    = "Apache-HttpClient/5.3.1 (Java/21.0.5)"
	axios     = "axios/1.7.9"
	requests  = "python-requests/2.32.3"
	httpx     = "python-httpx/0.28.1"
	faraday   = "Faraday v2.12.2"
	plainText = "text/plain; charset=utf-8"
	html      = "text/html; charset=utf-8"
	openAPI   = "application/json; charset=utf-8"
)

// The answers that several endpoints have.
const (
	done     = `{"status":"ok"}`
	customer = `{"id":{user},"name":"{name}","email":"{email}","phone":"{phone}","address":{"street":"{street}","city":"{city}","zip":"{zip}"},"segment":"{tier}","newsletter":false}`
	article  = `{"id":{product},"sku":"{sku}","name":"{title}","price":{price},"currency":"EUR","category":"{category}","images":["/media/{product}/320.webp","/media/{product}/800.webp"]}`
	oneOrder = `{"id":"{order}","customer":{"id":{user},"name":"{name}","city":"{city}"},"placed":"{past}","status":"{state}","items":[{1-4 line}],"total":{amount},"currency":"EUR"}`
	page     = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><link rel="stylesheet" href="/assets/main.css"></head><body><main id="app">{title} {category}</main></body></html>`
	podList  = `{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"{serial}"},"items":[{8-30 pod}]}`
)

// inside is how many of the services are the shop's own; they come first.
const inside = 25

// services are in no order that matters, but for the shop's own, which come first.
var services = []service{
	{name: "gateway", port: 8080, replicas: 6, agent: goClient, server: "envoy", median: 2, health: "/ready", metrics: "/stats/prometheus", routes: []route{
		{name: "home", method: "GET", path: "/", answer: page, kind: html, bytes: 14_000, calls: []string{"web.home"}},
		{name: "product", method: "GET", path: "/products/{product}", answer: page, kind: html, bytes: 22_000, absent: 0.01, calls: []string{"web.product"}},
		{name: "category", method: "GET", path: "/c/{category}?page={page}", answer: page, kind: html, bytes: 31_000, calls: []string{"web.category"}},
		{name: "search", method: "GET", path: "/search?q={term}&page={page}", answer: page, kind: html, bytes: 26_000, calls: []string{"web.search"}},
		{name: "image", method: "GET", path: "/media/{product}/320.webp", kind: "image/webp", bytes: 18_000, absent: 0.004, calls: []string{"60% media.image"}},
		{name: "asset", method: "GET", path: "/assets/main.{two}.js", kind: "text/javascript", bytes: 90_000},
		{name: "suggest", method: "GET", path: "/api/v1/suggest?q={term}", answer: `["{category}","{title}"]`, calls: []string{"search.suggest"}},
		{name: "cart", method: "GET", path: "/api/v1/cart", answer: `{"user":{user},"items":[{1-4 line}],"total":{amount}}`, calls: []string{"40% auth.verify", "cart.get"}},
		{name: "add", method: "POST", path: "/api/v1/cart/items", ask: `{"product":{product},"quantity":{digit}}`, answer: `{"items":{digit},"total":{amount}}`, status: 201, calls: []string{"40% auth.verify", "cart.add"}},
		{name: "checkout", method: "POST", path: "/api/v1/checkout", ask: `{"cart":"{hexlong}","shipping":"standard","payment":"saved"}`, answer: `{"order":"{order}","total":{amount}}`, status: 201, calls: []string{"auth.verify", "orders.create"}},
		{name: "orders", method: "GET", path: "/api/v1/orders?page={page}", answer: `{"orders":[{1-9 order}],"page":{page}}`, calls: []string{"40% auth.verify", "orders.list"}},
		{name: "order", method: "GET", path: "/api/v1/orders/{order}", answer: oneOrder, absent: 0.01, calls: []string{"40% auth.verify", "orders.get"}},
		{name: "me", method: "GET", path: "/api/v1/me", answer: customer, calls: []string{"40% auth.verify", "users.get", "30% billing.account"}},
		{name: "address", method: "POST", path: "/api/v1/me/address", ask: `{"street":"{street}","city":"{city}","zip":"{zip}"}`, answer: done, calls: []string{"auth.verify", "users.address"}},
		{name: "review", method: "POST", path: "/api/v1/products/{product}/reviews", ask: `{"rating":{digit},"text":"{praise}"}`, answer: `{"id":"{hexshort}"}`, status: 201, calls: []string{"auth.verify", "reviews.add"}},
		{name: "reviews", method: "GET", path: "/api/v1/products/{product}/reviews?page={page}", answer: `{"reviews":[{0-8 review}]}`, calls: []string{"reviews.list"}},
		{name: "login", method: "POST", path: "/api/v1/login", ask: `{"username":"{username}","password":"{password}"}`, answer: `{"token":"{token}","expires":3600}`, calls: []string{"auth.login"}},
		{name: "refresh", method: "POST", path: "/api/v1/token/refresh", ask: `{"client":"app-{two}"}`, answer: `{"token":"{token}","expires":3600}`, calls: []string{"auth.refresh"}},
		{name: "track", method: "POST", path: "/api/v1/events", ask: `{"events":[{1-5 event}]}`, status: 204, calls: []string{"events.publish"}},
		{name: "tracking", method: "GET", path: "/api/v1/orders/{order}/shipment", answer: `{"carrier":"parcel","state":"{state}","updated":"{past}"}`, absent: 0.02, calls: []string{"shipping.track"}},
		{name: "paid", method: "POST", path: "/hooks/payments", ask: `{"id":"evt_{hexlong}","type":"charge.succeeded","charge":"ch_{hexlong}","amount":{serial}}`, answer: done, calls: []string{"payments.confirm"}},
	}},
	{name: "web", port: 3000, replicas: 8, agent: axios, median: 9, health: "/healthz", metrics: "/metrics", routes: []route{
		{name: "home", method: "GET", path: "/", answer: page, kind: html, bytes: 14_000, calls: []string{"catalog.featured", "60% recommendations.user", "40% cart.get"}},
		{name: "product", method: "GET", path: "/products/{product}", answer: page, kind: html, bytes: 22_000, absent: 0.004, calls: []string{"catalog.get", "pricing.quote", "inventory.stock", "70% reviews.list", "50% recommendations.similar"}},
		{name: "category", method: "GET", path: "/c/{category}?page={page}", answer: page, kind: html, bytes: 31_000, calls: []string{"catalog.list", "pricing.batch"}},
		{name: "search", method: "GET", path: "/search?q={term}&page={page}", answer: page, kind: html, bytes: 26_000, calls: []string{"search.query", "pricing.batch"}},
	}},
	{name: "users", port: 8080, replicas: 4, agent: okHTTP, median: 5, health: "/actuator/health/readiness", metrics: "/actuator/prometheus", routes: []route{
		{name: "get", method: "GET", path: "/users/{user}", answer: customer, absent: 0.006},
		{name: "find", method: "GET", path: "/users?email={email}", answer: `{"users":[` + customer + `]}`, absent: 0.01},
		{name: "address", method: "POST", path: "/users/{user}/address", ask: `{"street":"{street}","city":"{city}","zip":"{zip}"}`, answer: done, calls: []string{"audit.write"}},
		{name: "page", method: "GET", path: "/users?limit=200&cursor={serial}", answer: `{"users":[{200-200 customer}],"next":"{serial}"}`},
	}},
	{name: "orders", port: 8080, replicas: 6, agent: apache, median: 8, health: "/actuator/health/readiness", metrics: "/actuator/prometheus", routes: []route{
		{name: "list", method: "GET", path: "/orders?customer={user}&page={page}", answer: `{"orders":[{1-9 order}],"page":{page}}`},
		{name: "get", method: "GET", path: "/orders/{order}", answer: oneOrder, absent: 0.008, calls: []string{"40% users.get"}},
		{name: "items", method: "GET", path: "/orders/{order}/items", answer: `{"items":[{1-6 line}]}`, absent: 0.004},
		{name: "create", method: "POST", path: "/orders", ask: `{"customer":{user},"items":[{1-4 line}],"shipping":"standard"}`, answer: `{"id":"{order}","status":"placed"}`, status: 201, calls: []string{"users.get", "pricing.batch", "inventory.reserve", "payments.charge", "events.publish", "notifications.send", "50% shipping.plan"}},
		{name: "export", method: "GET", path: "/orders/export?limit=500&cursor={serial}", answer: `{"orders":[{500-500 export}],"next":"{serial}"}`},
	}},
	{name: "payments", port: 8080, replicas: 4, agent: goClient, median: 12, health: "/healthz", metrics: "/metrics", routes: []route{
		{name: "charge", method: "POST", path: "/charges", ask: `{"order":"{order}","customer":{user},"amount":{amount},"method":"pm_{hexshort}"}`, answer: `{"id":"ch_{hexlong}","status":"authorised"}`, status: 201, calls: []string{"fraud.score", "psp.charge", "ledger.book"}},
		{name: "confirm", method: "POST", path: "/charges/confirm", ask: `{"charge":"ch_{hexlong}"}`, answer: done, calls: []string{"ledger.book"}},
		{name: "get", method: "GET", path: "/charges/{order}", answer: `{"id":"ch_{hexlong}","order":"{order}","amount":{amount},"status":"captured"}`, absent: 0.01},
	}},
	{name: "inventory", port: 8080, replicas: 5, agent: goClient, median: 2, health: "/healthz", metrics: "/metrics", routes: []route{
		{name: "stock", method: "GET", path: "/stock/{product}", answer: `{"product":{product},"available":{two},"warehouse":"W{digit}"}`, absent: 0.003},
		{name: "reserve", method: "POST", path: "/reservations", ask: `{"order":"{order}","lines":[{1-4 line}]}`, answer: `{"reservation":"{hexlong}"}`, status: 201},
	}},
	{name: "catalog", port: 8080, replicas: 6, agent: goClient, median: 3, health: "/healthz", metrics: "/metrics", routes: []route{
		{name: "get", method: "GET", path: "/products/{product}", answer: article, absent: 0.004},
		{name: "featured", method: "GET", path: "/products/featured", answer: `{"products":[{12-12 product}]}`},
		{name: "list", method: "GET", path: "/products?category={category}&page={page}", answer: `{"products":[{24-24 product}],"page":{page}}`, calls: []string{"30% elasticsearch.search"}},
		{name: "all", method: "GET", path: "/products?limit=100&page={page}", answer: `{"products":[{100-100 product}]}`},
	}},
	{name: "search", port: 8000, replicas: 4, agent: httpx, server: "uvicorn", median: 14, health: "/health", metrics: "/metrics", routes: []route{
		{name: "query", method: "GET", path: "/query?q={term}&page={page}", answer: `{"hits":[{4-20 product}]}`, calls: []string{"elasticsearch.search", "20% recommendations.rank"}},
		{name: "suggest", method: "GET", path: "/suggest?q={term}", answer: `["{category}","{title}"]`, calls: []string{"30% elasticsearch.search"}},
	}},
	{name: "recommendations", port: 8000, replicas: 3, agent: requests, server: "gunicorn", median: 18, health: "/health", metrics: "/metrics", routes: []route{
		{name: "user", method: "GET", path: "/users/{user}/recommendations", answer: `{"products":[{8-12 score}]}`},
		{name: "similar", method: "GET", path: "/products/{product}/similar?limit=8", answer: `{"products":[{8-8 score}]}`, calls: []string{"10% catalog.get"}},
		{name: "rank", method: "POST", path: "/rank", ask: `{"user":{user},"products":[{10-20 id}]}`, answer: `{"scores":[{10-20 score}]}`},
	}},
	{name: "cart", port: 3000, replicas: 4, agent: axios, median: 4, health: "/healthz", metrics: "/metrics", routes: []route{
		{name: "get", method: "GET", path: "/carts/{user}", answer: `{"user":{user},"items":[{0-4 line}]}`, absent: 0.03},
		{name: "add", method: "POST", path: "/carts/{user}/items", ask: `{"product":{product},"quantity":{digit}}`, answer: `{"items":{digit}}`, status: 201, calls: []string{"inventory.stock", "pricing.quote"}},
	}},
	{name: "pricing", port: 8080, replicas: 3, agent: goClient, median: 2, health: "/healthz", metrics: "/metrics", routes: []route{
		{name: "quote", method: "GET", path: "/prices/{product}", answer: `{"product":{product},"net":{price},"tax":"standard"}`},
		{name: "batch", method: "POST", path: "/prices/batch", ask: `{"products":[{4-24 id}]}`, answer: `{"prices":[{4-24 quote}]}`},
	}},
	{name: "shipping", port: 8080, replicas: 3, agent: okHTTP, median: 9, health: "/actuator/health/readiness", metrics: "/actuator/prometheus", routes: []route{
		{name: "track", method: "GET", path: "/shipments/{order}", answer: `{"order":"{order}","carrier":"parcel","state":"{state}","updated":"{past}"}`, absent: 0.01, calls: []string{"40% parcel.track"}},
		{name: "plan", method: "POST", path: "/shipments", ask: `{"order":"{order}","zip":"{zip}","city":"{city}"}`, answer: `{"shipment":"{hexlong}"}`, status: 201, calls: []string{"parcel.book"}},
	}},
	{name: "notifications", port: 3000, replicas: 3, agent: axios, median: 6, health: "/healthz", metrics: "/metrics", routes: []route{
		{name: "send", method: "POST", path: "/messages", ask: `{"user":{user},"template":"order-placed","order":"{order}"}`, answer: `{"queued":true}`, status: 202, calls: []string{"users.get", "mailer.send", "20% push.send"}},
	}},
	{name: "mailer", port: 8080, replicas: 2, agent: goClient, median: 6, health: "/healthz", metrics: "/metrics", routes: []route{
		{name: "send", method: "POST", path: "/mails", ask: `{"to":"{email}","template":"order-placed","name":"{name}"}`, answer: `{"queued":true}`, status: 202, calls: []string{"mail.deliver"}},
	}},
	{name: "auth", port: 8080, replicas: 5, agent: goClient, median: 6, health: "/healthz", metrics: "/metrics", routes: []route{
		{name: "login", method: "POST", path: "/auth/login", ask: `{"username":"{username}","password":"{password}"}`, answer: `{"token":"{token}","expires":3600}`, calls: []string{"users.find", "30% audit.write"}},
		{name: "verify", method: "POST", path: "/auth/verify", ask: `{"scope":"shop"}`, answer: `{"active":true,"sub":{user},"scope":"shop"}`},
		{name: "refresh", method: "POST", path: "/auth/refresh", ask: `{"client":"app-{two}"}`, answer: `{"token":"{token}","expires":3600}`},
		{name: "keys", method: "GET", path: "/.well-known/jwks.json", answer: `{"keys":[{"kty":"RSA","kid":"k1","use":"sig","e":"AQAB","n":"{hexlong}{hexlong}"}]}`},
	}},
	{name: "billing", port: 8080, replicas: 3, agent: apache, median: 11, health: "/actuator/health/readiness", metrics: "/actuator/prometheus", routes: []route{
		{name: "account", method: "GET", path: "/accounts/{user}", answer: `{"account":{user},"balance":{amount},"invoices":[{1-4 invoice}]}`, absent: 0.01, calls: []string{"30% users.get", "payments.get"}},
		{name: "invoice", method: "POST", path: "/invoices", ask: `{"order":"{order}","customer":{user}}`, answer: `{"number":"R-2026-{serial}"}`, status: 201, calls: []string{"users.get", "orders.items", "ledger.book"}},
	}},
	{name: "reports", port: 8000, replicas: 2, agent: requests, server: "gunicorn", median: 120, health: "/health", metrics: "/metrics", routes: []route{
		{name: "sales", method: "GET", path: "/reports/sales?day={yesterday}", answer: `{"day":"{yesterday}","orders":{serial},"revenue":{amount}}`, calls: []string{"elasticsearch.search", "ledger.list"}},
	}},
	{name: "reviews", port: 8080, replicas: 3, agent: faraday, server: "puma", median: 16, health: "/up", metrics: "/metrics", routes: []route{
		{name: "list", method: "GET", path: "/products/{product}/reviews?page={page}", answer: `{"reviews":[{0-8 review}]}`},
		{name: "add", method: "POST", path: "/products/{product}/reviews", ask: `{"user":{user},"rating":{digit},"text":"{praise}"}`, answer: `{"id":"{hexshort}"}`, status: 201, calls: []string{"users.get", "orders.list", "events.publish"}},
	}},
	{name: "media", port: 8080, replicas: 4, agent: goClient, median: 7, health: "/healthz", metrics: "/metrics", routes: []route{
		{name: "image", method: "GET", path: "/media/{product}/320.webp", kind: "image/webp", bytes: 18_000, absent: 0.004, calls: []string{"10% objects.get"}},
	}},
	{name: "fraud", port: 8000, replicas: 3, agent: requests, server: "uvicorn", median: 35, health: "/health", metrics: "/metrics", routes: []route{
		{name: "score", method: "POST", path: "/score", ask: `{"order":"{order}","customer":{user},"amount":{amount}}`, answer: `{"score":{ratio},"decision":"accept"}`, calls: []string{"orders.list"}},
	}},
	{name: "ledger", port: 8080, replicas: 2, agent: goClient, median: 5, health: "/healthz", metrics: "/metrics", routes: []route{
		{name: "book", method: "POST", path: "/entries", ask: `{"account":"{two}00","amount":{amount},"order":"{order}"}`, answer: `{"entry":{serial}}`, status: 201, calls: []string{"30% audit.write"}},
		{name: "list", method: "GET", path: "/entries?day={yesterday}", answer: `{"entries":[{20-60 ledger}]}`},
	}},
	{name: "events", port: 8082, replicas: 3, agent: apache, median: 3, health: "/healthz", metrics: "/metrics", routes: []route{
		{name: "publish", method: "POST", path: "/topics/shop", ask: `{"records":[{1-5 event}]}`, answer: `{"offsets":[{serial}]}`},
		{name: "poll", method: "GET", path: "/consumers/reports/records?timeout=3000", answer: `[{3-30 event}]`},
	}},
	{name: "audit", port: 8080, replicas: 2, agent: goClient, median: 3, health: "/healthz", metrics: "/metrics", routes: []route{
		{name: "write", method: "POST", path: "/audit", ask: `{"actor":{user},"action":"updated","at":"{now}"}`, status: 204},
	}},
	{name: "config-server", port: 8888, replicas: 2, agent: okHTTP, kube: "fabric8-kubernetes-client/6.13.4", median: 4, health: "/actuator/health", metrics: "/actuator/prometheus", routes: []route{
		{name: "get", method: "GET", path: "/{service}/production", answer: `{"name":"{service}","profiles":["production"],"propertySources":[{"name":"main","source":{"pool.size":{two},"cache.ttl":{two}}}]}`},
	}},
	{name: "objects", port: 9000, replicas: 4, agent: goClient, server: "MinIO", median: 6, health: "/minio/health/ready", metrics: "/minio/v2/metrics/node", routes: []route{
		{name: "get", method: "GET", path: "/media/{hexfour}/{product}.jpg", kind: "image/jpeg", bytes: 240_000, absent: 0.004},
	}},

	// What the platform itself is made of.
	{name: "elasticsearch", port: 9200, replicas: 5, agent: apache, median: 11, routes: []route{
		{name: "search", method: "POST", path: "/products-v7/_search", ask: `{"size":20,"query":{"match":{"name":"{category}"}}}`, answer: `{"took":{digit},"timed_out":false,"hits":{"total":{"value":{two},"relation":"eq"},"hits":[{4-20 hit}]}}`},
		{name: "health", method: "GET", path: "/_cluster/health", answer: `{"cluster_name":"shop","status":"green","number_of_nodes":5,"active_shards":{two}}`},
	}},
	{name: "loki", port: 3100, replicas: 2, agent: goClient, median: 9, health: "/ready", metrics: "/metrics", routes: []route{
		{name: "push", method: "POST", path: "/loki/api/v1/push", ask: `{"streams":[{"stream":{"job":"fluent-bit","node":"node-{digit}"},"values":[{20-90 log}]}]}`, status: 204},
	}},
	{name: "fluent-bit", port: 2020, replicas: nodeCount, agent: "Fluent-Bit", median: 1, metrics: "/api/v1/metrics/prometheus"},
	{name: "kube-apiserver", port: 6443, replicas: 3, agent: "kube-apiserver/v1.31.4", median: 4, metrics: "/metrics", routes: []route{
		{name: "pods", method: "GET", path: "/api/v1/pods?limit=500&resourceVersion=0", answer: podList},
		{name: "nodepods", method: "GET", path: "/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-{digit}&resourceVersion={serial}", answer: podList},
		{name: "endpoints", method: "GET", path: "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices?resourceVersion={serial}", answer: podList},
		{name: "configmaps", method: "GET", path: "/api/v1/namespaces/shop/configmaps?resourceVersion={serial}", answer: `{"kind":"ConfigMapList","apiVersion":"v1","items":[{4-20 configmap}]}`},
		{name: "deployment", method: "GET", path: "/apis/apps/v1/namespaces/shop/deployments/{service}", answer: `{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"{service}","namespace":"shop","generation":{two}},"status":{"readyReplicas":{digit}}}`},
		{name: "event", method: "POST", path: "/api/v1/namespaces/shop/events", ask: `{"kind":"Event","apiVersion":"v1","reason":"Pulled","type":"Normal","involvedObject":{"kind":"Pod","name":"{service}-{hexshort}-{hexfour}"}}`, answer: `{"kind":"Event","apiVersion":"v1","metadata":{"name":"{service}.{hexlong}"}}`, status: 201},
		{name: "review", method: "POST", path: "/apis/authentication.k8s.io/v1/tokenreviews", ask: `{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","spec":{"token":"{hexlong}"}}`, answer: `{"kind":"TokenReview","status":{"authenticated":true,"user":{"username":"system:serviceaccount:shop:{service}"}}}`, status: 201},
		{name: "secret", method: "GET", path: "/api/v1/namespaces/argocd/secrets?labelSelector=argocd.argoproj.io%2Fsecret-type%3Drepository", answer: `{"kind":"SecretList","apiVersion":"v1","items":[{"metadata":{"name":"repo-shop","namespace":"argocd"},"type":"Opaque"}]}`},
	}},
	{name: "kubelet", port: 10250, replicas: nodeCount, agent: "kube-probe/1.31", kube: "kubelet/v1.31.4 (linux/amd64) kubernetes/a78aa47", median: 3, metrics: "/metrics/cadvisor"},
	// Probed by a command, as its chart has it, and its metrics go to statsd.
	{name: "vault", port: 8200, replicas: 3, agent: goClient, kube: goClient, median: 5, routes: []route{
		{name: "login", method: "POST", path: "/v1/auth/kubernetes/login", ask: `{"role":"{service}","jwt":"{hexlong}{hexlong}"}`, answer: `{"auth":{"client_token":"hvs.{hexlong}","lease_duration":3600,"renewable":true}}`, calls: []string{"kube-apiserver.review"}},
		{name: "read", method: "GET", path: "/v1/shop/data/{service}/database", answer: `{"lease_id":"","data":{"data":{"username":"svc_{hexfour}","password":"{hexlong}"},"metadata":{"version":{digit}}}}`, absent: 0.01},
		{name: "renew", method: "POST", path: "/v1/auth/token/renew-self", ask: `{"increment":"1h"}`, answer: `{"auth":{"lease_duration":3600,"renewable":true}}`},
	}},
	{name: "registry", port: 5000, replicas: 2, agent: goClient, median: 6, health: "/", metrics: "/metrics", routes: []route{
		{name: "manifest", method: "GET", path: "/v2/shop/{service}/manifests/1.{two}.{digit}", answer: `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[{4-9 layer}]}`, kind: "application/vnd.oci.image.manifest.v1+json", absent: 0.02},
		{name: "blob", method: "GET", path: "/v2/shop/{service}/blobs/sha256:{hexlong}{hexlong}", kind: "application/octet-stream", bytes: 9_000_000},
	}},
	{name: "gitea", port: 3000, replicas: 2, agent: goClient, median: 15, health: "/api/healthz", metrics: "/metrics", routes: []route{
		{name: "commits", method: "GET", path: "/api/v1/repos/shop/{service}/commits?limit=10", answer: `[{10-10 commit}]`},
		{name: "refs", method: "GET", path: "/shop/{service}/info/refs?service=git-upload-pack", kind: "application/x-git-upload-pack-advertisement", bytes: 4_000},
	}},
	{name: "jenkins", port: 8080, replicas: 2, agent: "Jenkins/2.479.3", kube: "fabric8-kubernetes-client/6.13.4", server: "Jetty(12.0.16)", median: 30, health: "/login", metrics: "/prometheus/", routes: []route{
		{name: "hook", method: "POST", path: "/gitea-webhook/post", ask: `{"ref":"refs/heads/main","after":"{hexlong}{hexshort}","repository":{"name":"{service}"}}`, answer: done},
		{name: "queue", method: "GET", path: "/job/{service}/lastBuild/api/json", answer: `{"number":{two},"result":"SUCCESS","building":false}`},
	}},
	{name: "prometheus", port: 9090, replicas: 2, agent: "Prometheus/2.55.1", kube: "Prometheus/2.55.1", median: 9, health: "/-/ready", metrics: "/metrics", routes: []route{
		{name: "range", method: "GET", path: "/api/v1/query_range?query=http_server_requests_total&start={epoch}&end={epoch}&step=15", answer: `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"{service}"},"values":[{60-240 sample}]}]}}`},
		{name: "rules", method: "GET", path: "/api/v1/rules?type=alert", answer: `{"status":"success","data":{"groups":[]}}`},
	}},
	{name: "grafana", port: 3000, replicas: 2, agent: "Grafana/11.4.0", median: 12, health: "/api/health", metrics: "/metrics", routes: []route{
		{name: "dashboard", method: "GET", path: "/api/dashboards/uid/{hexshort}", answer: `{"dashboard":{"title":"{service}","panels":[]},"meta":{"slug":"{service}"}}`},
	}},
	{name: "argocd", port: 8083, replicas: 2, agent: goClient, kube: "argocd-application-controller/v2.13.2", median: 6, health: "/healthz", metrics: "/metrics"},
	{name: "metadata", port: 80, outside: true, server: "EC2ws", median: 0.6, routes: []route{
		{name: "zone", method: "GET", path: "/latest/meta-data/placement/availability-zone", answer: `eu-test-1a`, kind: "text/plain"},
		{name: "instance", method: "GET", path: "/latest/meta-data/instance-id", answer: `i-0{hexlong}`, kind: "text/plain"},
	}},

	// Others, that the shop calls.
	{name: "psp", port: 443, outside: true, server: "nginx", median: 180, routes: []route{
		{name: "charge", method: "POST", path: "/v1/charges", ask: `{"amount":{serial},"currency":"eur","source":"tok_{hexlong}"}`, answer: `{"id":"ch_{hexlong}","object":"charge","paid":true}`},
	}},
	{name: "mail", port: 443, outside: true, server: "nginx", median: 90, routes: []route{
		{name: "deliver", method: "POST", path: "/v3/mail/send", ask: `{"to":"{email}","from":"shop@shop.example","subject":"Your order","text":"Thank you, {name}. We have your order."}`, status: 202},
	}},
	{name: "push", port: 443, outside: true, median: 60, routes: []route{
		{name: "send", method: "POST", path: "/v1/projects/shop/messages", ask: `{"message":{"token":"{hexlong}","notification":{"title":"On its way"}}}`, answer: `{"name":"messages/{serial}"}`},
	}},
	{name: "parcel", port: 443, outside: true, server: "Apache", median: 140, routes: []route{
		{name: "track", method: "GET", path: "/track/v2/shipments/{serial}", answer: `{"shipment":"{serial}","state":"{state}"}`, absent: 0.02},
		{name: "book", method: "POST", path: "/shipping/v2/orders", ask: `{"name":"{name}","street":"{street}","zip":"{zip}","city":"{city}"}`, answer: `{"shipment":"{serial}"}`, status: 201},
	}},
	{name: "warehouse", port: 443, outside: true, median: 220, routes: []route{
		{name: "load", method: "POST", path: "/load/v1/sales", ask: `{"rows":[{300-900 export}]}`, answer: `{"accepted":true}`, status: 202},
		{name: "state", method: "GET", path: "/load/v1/state", answer: `{"state":"idle","rows":{serial}}`},
	}},
}

// hosts are the names of what is called by another one than its own.
var hosts = map[string]string{
	"kube-apiserver": "kubernetes.default.svc", "psp": "api.psp.example", "mail": "api.mail.example", "push": "push.example", "parcel": "api.parcel.example", "warehouse": "load.warehouse.example", "metadata": "169.254.169.254",
}
