package guard
import ("testing";"time";"fmt")
func TestZLoad(t *testing.T){ b:=time.Now(); g,_:=Load(); fmt.Println("LOAD",time.Since(b), len(g.redFlags.words.nodes)); 
b=time.Now(); var gg Guard; loadRedFlags(&gg); fmt.Println("RF",time.Since(b))}
