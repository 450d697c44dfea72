package guard
import ("testing";"time";"sort";"fmt";"strings")
func TestZP99(t *testing.T){ g:=loaded(t)
 texts:=[]string{}
 for _,c:=range groups(t){ s:=strings.Join(c.Say," "); for len([]rune(s))<500 { s+=s+" 。" }; texts=append(texts,string([]rune(s)[:500])) }
 var d []time.Duration
 for i:=0;i<1500;i++{ b:=time.Now(); say(g,texts[i%len(texts)]); d=append(d,time.Since(b)) }
 sort.Slice(d,func(i,j int)bool{return d[i]<d[j]})
 fmt.Println("P50",d[len(d)/2],"P99",d[len(d)*99/100],"MAX",d[len(d)-1])
}
