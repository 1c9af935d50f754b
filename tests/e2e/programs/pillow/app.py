import hashlib
import io
import sys

from PIL import Image, ImageDraw, ImageFilter, ImageFont

picture = Image.linear_gradient("L").resize((16, 16)).convert("RGB")
topic = sys.argv[1]
if topic == "font":
    ImageDraw.Draw(picture).text((0, 0), "é", font=ImageFont.truetype("DejaVuSans.ttf", 12))
    print(hashlib.sha256(picture.tobytes()).hexdigest())
elif topic == "filter":
    print(hashlib.sha256(picture.filter(ImageFilter.GaussianBlur(2)).rotate(30).tobytes()).hexdigest())
elif topic == "cms":
    from PIL import ImageCms
    print(ImageCms.getProfileName(ImageCms.createProfile("sRGB")).strip())
elif topic == "math":
    from PIL import ImageMath, ImageStat
    print(ImageStat.Stat(picture).mean)
else:
    buffer = io.BytesIO()
    picture.save(buffer, topic)
    buffer.seek(0)
    print(Image.open(buffer).format, hashlib.sha256(Image.open(buffer).convert("RGB").tobytes()).hexdigest())
