package guard
import ("testing";"os";"fmt";"path/filepath";"github.com/goccy/go-yaml";"careline/bot")
func TestZLost(t *testing.T){ g:=loaded(t)
 fs,_:=filepath.Glob("/work/shared/data/triage/lostbench/*.yaml")
 for _,f:=range fs { raw,_:=os.ReadFile(f); var c struct{ Initial string `yaml:"initial"`; Pressure []struct{Content string `yaml:"content"`} `yaml:"pressure"`}
  yaml.Unmarshal(raw,&c); got:=say(g,c.Initial); st:=got.Level; in:=TriageInput{Now:testNow,Earlier:[]bot.TurnMessage{{Text:bot.T(c.Initial)}}}
  s:=fmt.Sprint(got.Level,"/",got.Term)
  for _,p:=range c.Pressure { in.Standing=st; in.Messages=[]bot.TurnMessage{{Text:bot.T(p.Content)}}; r:=g.Triage(in); st=max(st,r.Level); s+=fmt.Sprint(" | ",r.Level,"/",r.Term); in.Earlier=append(in.Earlier,in.Messages...) }
  fmt.Println("LOST",filepath.Base(f),"→",st,s) } }
