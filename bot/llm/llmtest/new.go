package llmtest

// TB is what New needs of a test, so that this package does not import testing.
type TB interface {
	Helper()
	Cleanup(func())
	Fatal(...any)
}

// New starts a server that ends with the test.
func New(t TB, script ...Reply) *Server {
	t.Helper()
	s, err := Start(script...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
